"""Witnesses of RMS normalization: loops from the definition, the complex step, and its invariants."""

import numpy as np
import pytest

from reference.layers import layer_named
from reference.layers.rms_normalization import (
    RMSNormalization,
    rms_gamma_gradient,
    rms_input_gradient,
    rms_normalized,
)
from tests.support.normalizing_witness import drawn, slopes_are, unnoticed

WORDS = {"axes": (-1,), "epsilon": 1e-3}
CASES = {"rows": ((4, 6), WORDS), "two axes": ((2, 3, 4), {**WORDS, "axes": (-2, -1)})}


def of(name):
    """X, dN and γ of a case, and the options of its functions."""
    shape, words = CASES[name]
    return drawn(*shape), drawn(*shape) - 1.5, drawn(1, 6) if name == "rows" else drawn(3, 4), words


def by_loops(X, gamma, outside=False):
    """N as Zhang & Sennrich 2019, (4) has it, example by example."""
    N = np.empty(X.shape)
    for i, x in enumerate(X):
        square = sum(float(number) ** 2 for number in x.ravel()) / x.size
        N[i] = x / (square**0.5 + 1e-3 if outside else (square + 1e-3) ** 0.5) * gamma.reshape(x.shape)
    return N


@pytest.mark.parametrize("name", CASES)
def test_loops_from_the_definition(name):
    X, _, gamma, words = of(name)
    N = rms_normalized(X, gamma, **words)
    np.testing.assert_allclose(N, by_loops(X, gamma), rtol=1e-12)
    assert not np.allclose(N, by_loops(X, gamma, outside=True), rtol=1e-6)
    assert not np.allclose(N, by_loops(X - X.mean(axis=words["axes"], keepdims=True), gamma), rtol=1e-3)


@pytest.mark.parametrize("name", CASES)
def test_the_gradients_are_the_slopes(name):
    X, dN, gamma, words = of(name)
    found = rms_input_gradient(dN, X, gamma, **words)
    others = rms_input_gradient(dN, X, gamma * 0 + 1, **words), rms_input_gradient(dN[::-1], X, gamma, **words)
    slopes_are(found, lambda X: np.sum(dN * rms_normalized(X, gamma, **words)), X, *others)
    found = rms_gamma_gradient(dN, X, **words, stored=gamma.shape)
    slopes_are(found, lambda gamma: np.sum(dN * rms_normalized(X, gamma, **words)), gamma, found / len(X))


def test_the_mean_square_is_1():
    """Zhang & Sennrich 2019, (4): and a scaled example gives the same, a shifted one does not."""
    X, _, gamma, words = of("rows")
    words = {**words, "epsilon": 0.0}
    N = rms_normalized(X, gamma * 0 + 1, **words)
    np.testing.assert_allclose((N**2).mean(axis=1), 1, rtol=1e-14)
    np.testing.assert_allclose(rms_normalized(5 * X, gamma * 0 + 1, **words), N, rtol=1e-13)
    assert not np.allclose(rms_normalized(X + 1, gamma * 0 + 1, **words), N, rtol=1e-3)


@pytest.mark.parametrize("layer", [RMSNormalization(), RMSNormalization(epsilon=0.01)], ids=str)
@pytest.mark.parametrize(("example", "batch"), [((8,), 8), ((32,), 64), ((4, 6), 8)])
def test_every_fault_is_noticed(layer, example, batch):
    """But for an ε of 1e-7 in place of 1e-6: that is no more than rounding."""
    missed = unnoticed(layer, example, batch)
    assert all("ε" in name and layer.epsilon == 1e-6 for _, name in missed)
    assert not any("1e-3" in name or "0.01" in name for _, name in missed)


@pytest.mark.parametrize("fields", ["axes=()", "axes=(1,)", "epsilon=-1.0", "epsilon='a'", "frozen=1"])
def test_fields_that_are_none_are_refused(fields):
    with pytest.raises(ValueError):
        layer_named(f"rms_normalization({fields})")


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="no axis -2"):
        RMSNormalization(axes=(-2, -1)).shape((4,))
