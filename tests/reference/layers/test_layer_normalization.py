"""Witnesses of layer normalization: loops from the definition, the complex step, and its invariants."""

import numpy as np
import pytest

from reference.layers import layer_named
from reference.layers.layer_normalization import LayerNormalization
from reference.layers.normalizing import (
    example_beta_gradient,
    example_gamma_gradient,
    example_input_gradient,
    example_normalized,
)
from tests.support.normalizing_witness import drawn, slopes_are, unnoticed

EPSILON = 1e-3
CASES = {"a row": ((4, 6), (-1,)), "rows": ((3, 2, 5), (-1,)), "an image": ((2, 3, 2, 4), (-3, -2, -1)),
         "other axes": ((2, 3, 4, 2), (-3, -2))}  # fmt: skip


def of(name):
    """The layer of a case, X, dN, γ and β, and the options of its functions."""
    shape, axes = CASES[name]
    layer = LayerNormalization(axes=axes)
    stored = layer.stored(shape[1:])
    learned = drawn(*stored), drawn(*stored) - 1.5
    return drawn(*shape), drawn(*shape) - 1.5, *learned, {"form": layer.form(shape[1:]), "epsilon": EPSILON}


def by_loops(X, gamma, beta, axes, divisor=0, outside=False):
    """N as Ba et al. 2016, (4) has it: for each example, and for each place along the other axes."""
    N, front = np.empty(X.shape), [k for k in range(X.ndim) if k - X.ndim not in axes]
    for at in np.ndindex(*(X.shape[k] for k in front)):
        index = [slice(None)] * X.ndim
        for k, place in zip(front, at, strict=True):
            index[k] = place
        part = X[tuple(index)]
        x = [float(number) for number in part.ravel()]
        mean = sum(x) / len(x)
        variance = sum((number - mean) ** 2 for number in x) / (len(x) - divisor)
        root = variance**0.5 + EPSILON if outside else (variance + EPSILON) ** 0.5
        N[tuple(index)] = gamma.reshape(part.shape) * (part - mean) / root + beta.reshape(part.shape)
    return N


@pytest.mark.parametrize("name", CASES)
def test_loops_from_the_definition(name):
    X, _, gamma, beta, words = of(name)
    N = example_normalized(X, gamma, beta, **words, scale=True, center=True)
    axes = CASES[name][1]
    np.testing.assert_allclose(N, by_loops(X, gamma, beta, axes), rtol=1e-12, atol=1e-12)
    assert not np.allclose(N, by_loops(X, gamma, beta, axes, divisor=1), rtol=1e-3)
    assert not np.allclose(N, by_loops(X, gamma, beta, axes, outside=True), rtol=1e-6)


@pytest.mark.parametrize("name", CASES)
def test_the_gradients_are_the_slopes(name):
    X, dN, gamma, beta, words = of(name)
    stored = {"stored": gamma.shape}

    def cost(X, gamma, beta):
        return np.sum(dN * example_normalized(X, gamma, beta, **words, scale=True, center=True))

    found = example_input_gradient(dN, X, gamma, **words)
    unscaled, no_epsilon = example_input_gradient(dN, X, **words), {**words, "epsilon": 0.0}
    wrong = example_input_gradient(dN, X, gamma, **no_epsilon)
    slopes_are(found, lambda X: cost(X, gamma, beta), X, unscaled, wrong, found[::-1])
    found = example_gamma_gradient(dN, X, **words, **stored)
    slopes_are(found, lambda gamma: cost(X, gamma, beta), gamma, found / len(X), found * 1.001)
    found = example_beta_gradient(dN, form=words["form"], **stored)
    slopes_are(found, lambda beta: cost(X, gamma, beta), beta, found / len(X))


def test_an_example_may_be_scaled_and_shifted():
    """Ba et al. 2016, table 1: layer normalization does not change if an example is scaled and shifted."""
    X, _, gamma, beta, words = of("a row")
    words = {**words, "epsilon": 0.0, "scale": True, "center": True}
    N = example_normalized(X, gamma, beta, **words)
    np.testing.assert_allclose(example_normalized(3 * X - 7, gamma, beta, **words), N, rtol=1e-12)
    assert not np.allclose(example_normalized(X * gamma, gamma, beta, **words), N, rtol=1e-3)
    assert np.array_equal(example_normalized(X[:1], gamma, beta, **words), N[:1])  # other examples have no influence


FORMS = [LayerNormalization(), LayerNormalization(center=False), LayerNormalization(scale=False, epsilon=0.01)]


@pytest.mark.parametrize("layer", FORMS, ids=str)
@pytest.mark.parametrize(("example", "batch"), [((8,), 8), ((32,), 64), ((4, 6), 8)])
def test_every_fault_is_noticed(layer, example, batch):
    assert not unnoticed(layer, example, batch)


def test_every_fault_is_noticed_over_several_axes():
    assert not unnoticed(LayerNormalization(axes=(-2, -1)), (4, 6), 8)


@pytest.mark.parametrize("fields", ["axes=()", "axes=(0,)", "axes=-1", "axes=(-1, -2)", "axes=(-1, -1)", "epsilon=-1.0",
                                    "epsilon=True", "center=1", "scale=None", "frozen=2", "axes=(True,)"])  # fmt: skip
def test_fields_that_are_none_are_refused(fields):
    with pytest.raises(ValueError):
        layer_named(f"layer_normalization({fields})")


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="no axis -3"):
        LayerNormalization(axes=(-3, -1)).shape((4, 5))
