"""Witnesses of Keras's Normalization: loops from the definition, the complex step, Keras's printed example."""

import numpy as np
import pytest

from reference.layers import layer_named
from reference.layers.normalization import (
    Normalization,
    restored,
    restored_gradient,
    standardized,
    standardized_gradient,
)
from tests.support.normalizing_witness import drawn, slopes_are, unnoticed

WORDS = {"axes": (-1,), "least": 1e-7}
CASES = {"rows": ((4, 5), (1, 5), (-1,)), "two axes": ((2, 3, 4), (3, 4), (-2, -1)), "one number": ((2, 3), (), ())}


def of(name):
    """X, dN, μ and σ² of a case, and the options of its functions."""
    shape, stored, axes = CASES[name]
    return drawn(*shape), drawn(*shape), drawn(*stored), np.abs(drawn(*stored)), {**WORDS, "axes": axes}


@pytest.mark.parametrize("name", CASES)
def test_loops_from_the_definition(name):
    X, _, mean, variance, words = of(name)
    N, back = standardized(X, mean, variance, **words), restored(X, mean, variance, **words)
    own = np.ravel(mean), np.ravel(variance)
    for at in np.ndindex(X.shape):
        k = {"rows": at[-1], "two axes": int(np.ravel_multi_index(at[1:], (3, 4))) if len(at) == 3 else 0}.get(name, 0)
        assert N[at] == pytest.approx((X[at] - own[0][k]) / own[1][k] ** 0.5, rel=1e-13)
        assert back[at] == pytest.approx(own[0][k] + X[at] * own[1][k] ** 0.5, rel=1e-13)
    assert not np.allclose(standardized(X, mean, variance**2, **words), N, rtol=1e-3)


@pytest.mark.parametrize("name", CASES)
def test_the_inverse_gives_back_what_was_read(name):
    X, _, mean, variance, words = of(name)
    np.testing.assert_allclose(restored(standardized(X, mean, variance, **words), mean, variance, **words), X)
    assert not np.allclose(standardized(standardized(X, mean, variance, **words), mean, variance, **words), X)


@pytest.mark.parametrize("name", CASES)
def test_the_gradients_are_the_slopes(name):
    X, dN, mean, variance, words = of(name)
    there, back = standardized_gradient(dN, variance, **words), restored_gradient(dN, variance, **words)
    slopes_are(there, lambda X: np.sum(dN * standardized(X, mean, variance, **words)), X, back, dN)
    slopes_are(back, lambda X: np.sum(dN * restored(X, mean, variance, **words)), X, there, dN)


def test_keras_prints_these_numbers():
    """The docstring of keras.layers.Normalization: mean 3 and variance 2, given as arguments."""
    X = np.array([[1.0], [2.0], [3.0]])
    N = standardized(X, np.array([[3.0]]), np.array([[2.0]]), **WORDS)
    np.testing.assert_allclose(N, [[-1.4142135], [-0.70710677], [0.0]], atol=5e-8)


def test_a_variance_of_0_divides_by_the_least():
    """Keras: sqrt(variance), but at least backend.epsilon()."""
    N = standardized(np.array([[2.0]]), np.array([[1.0]]), np.array([[0.0]]), **WORDS)
    np.testing.assert_allclose(N, [[1e7]], rtol=1e-14)


@pytest.mark.parametrize("layer", [Normalization(), Normalization(invert=True)], ids=str)
@pytest.mark.parametrize(("example", "batch"), [((8,), 8), ((4, 6), 16)])
def test_every_fault_is_noticed(layer, example, batch):
    assert not unnoticed(layer, example, batch)


@pytest.mark.parametrize("fields", ["axes=(0,)", "axes=-1", "axes=(-1, -2)", "least=-1.0", "least=1", "invert=1"])
def test_fields_that_are_none_are_refused(fields):
    with pytest.raises(ValueError):
        layer_named(f"normalization({fields})")


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="no axis -2"):
        Normalization((-2, -1)).shape((4,))
