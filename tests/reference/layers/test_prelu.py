"""Witnesses of PReLU: single numbers, the slopes of what it computes, and what is known of it."""

import numpy as np
import pytest

from reference.layers import layer_named
from reference.layers.layer import Place, Source
from reference.layers.prelu import PReLU, prelu, prelu_gradient, prelu_slope_gradient
from tests.support.normalizing_witness import slopes_are, unnoticed

RNG = np.random.default_rng(4)
CASES = [((), (5,)), ((), (3, 4)), ((-2,), (3, 4)), ((-3, -2), (2, 3, 4)), ((-1,), (5,)), ((-1,), (2, 3, 4))]


def drawn(shared, shape):
    """X, dH, s, and the place of the layer."""
    place = Place(1, 2, (Source("A", 1, shape),), "H1", shape, owner=1)
    (stored,) = PReLU(shared).parameters(place).values()
    return RNG.normal(size=(3, *shape)), RNG.normal(size=(3, *shape)), RNG.normal(size=stored), place


@pytest.mark.parametrize(("shared", "shape"), CASES)
def test_each_number(shared, shape):
    X, _, s, _ = drawn(shared, shape)
    assert [n for k, n in enumerate(s.shape) if s.ndim == len(shape) and k - s.ndim in shared and n != 1] == []
    wide = np.broadcast_to(s, (3, *shape)) if s.ndim > len(shape) else np.broadcast_to(s[None], (3, *shape))
    for at in np.ndindex(X.shape):
        assert prelu(X, s)[at] == (X[at] if X[at] > 0 else X[at] * wide[at])


@pytest.mark.parametrize(("shared", "shape"), CASES)
def test_the_gradients_are_the_slopes(shared, shape):
    X, dH, s, _ = drawn(shared, shape)
    found = prelu_gradient(dH, X, s)
    slopes_are(found, lambda x: np.sum(dH * np.where(x.real > 0, x, x * s)), X, prelu_gradient(dH, -X, s), dH)
    found = prelu_slope_gradient(dH, X, s.shape)
    slopes_are(found, lambda s: np.sum(dH * np.where(X > 0, X, X * s)), s, found / 3, -found)


def test_what_he_et_al_say():
    """He et al. 2015, section 2.1: a slope of 0 is a ReLU, a small one a leaky ReLU; with 1 it does nothing."""
    X = RNG.normal(size=(3, 5))
    assert np.array_equal(prelu(X, np.zeros((1, 5))), np.maximum(X, 0))
    assert np.array_equal(prelu(X, np.full((1, 5), 0.01)), np.where(X > 0, X, X * 0.01))
    assert np.array_equal(prelu(X, np.ones((1, 5))), X)


def test_tensorflow_has_its_slopes_at_0():
    tf, keras = pytest.importorskip("tensorflow"), pytest.importorskip("keras")
    layer = keras.layers.PReLU("ones", dtype="float64")
    at = tf.constant([[0.0, -0.0, 1.0, -1.0]], tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(at)
        H = layer(at) * 3
    dX, ds = tape.gradient(H, [at, layer.alpha.value])
    assert dX.numpy().tolist() == prelu_gradient(np.full((1, 4), 3.0), at.numpy(), np.ones((1, 4))).tolist()
    assert [ds.numpy().tolist()] == prelu_slope_gradient(np.full((1, 4), 3.0), at.numpy(), (1, 4)).tolist()


@pytest.mark.parametrize(("shared", "shape"), CASES)
def test_every_fault_is_noticed(shared, shape):
    assert not unnoticed(PReLU(shared), shape, 8)


@pytest.mark.parametrize("fields", ["shared=(1,)", "shared=(-1, -2)", "shared=-1", "frozen=1"])
def test_fields_that_are_none_are_refused(fields):
    with pytest.raises(ValueError):
        layer_named(f"prelu({fields})")


def test_axes_that_an_example_does_not_have_are_refused():
    with pytest.raises(ValueError, match="no axis -2"):
        PReLU((-2, -1)).shape((4,))
