"""Witnesses of the gated linear unit: single numbers, the complex step, a published value, and models of Keras's."""

import math

import numpy as np
import pytest

from reference.layers.glu import GLU
from reference.layers.layer import Place, Source
from tests.support.normalizing_witness import slopes_are, unnoticed

RNG = np.random.default_rng(2)
CASES = [(-1, (6,)), (-1, (3, 4)), (-2, (4, 3)), (-3, (2, 3, 5)), (-2, (2, 4, 3))]


def rules_of(axis, shape):
    """The rules of what the layer gives and of the gradient of what it reads, as functions of arrays."""
    layer = GLU(axis)
    place = Place(1, 2, (Source("A", 1, shape),), "H1", layer.shape(shape))
    return next(iter(layer.forward(place))).compute, next(iter(layer.backward(place))).compute


@pytest.mark.parametrize(("axis", "shape"), CASES)
def test_each_number(axis, shape):
    X = RNG.normal(size=(3, *shape))
    H = rules_of(axis, shape)[0](X)
    half = shape[axis] // 2
    assert H.shape[1:] == GLU(axis).shape(shape) and H.shape[axis] == half
    for at in np.ndindex(H.shape):
        gate = list(at)
        gate[axis] += half
        assert math.isclose(H[at], X[at] / (1 + math.exp(-X[tuple(gate)])), rel_tol=1e-14)


@pytest.mark.parametrize(("axis", "shape"), CASES)
def test_the_way_back_is_the_slope(axis, shape):
    forward, back = rules_of(axis, shape)
    X = RNG.normal(size=(3, *shape))
    dH = RNG.normal(size=(3, *GLU(axis).shape(shape)))
    found = back(dH, X)
    exchanged = np.concatenate(np.split(found, 2, axis=axis)[::-1], axis=axis)
    slopes_are(found, lambda X: np.sum(dH * complex_glu(X, axis)), X, exchanged, back(dH[::-1], X))
    np.testing.assert_allclose(complex_glu(X, axis), forward(X), rtol=1e-14)


def complex_glu(X, axis):
    first, second = np.split(X, 2, axis=axis)
    return first / (1 + np.exp(-second))


def test_an_example_of_keras():
    """Keras's documentation of `glu`: of (-1, 0, 1, 1) it is (-0.73105858, 0)."""
    found = rules_of(-1, (4,))[0](np.array([[-1.0, 0.0, 1.0, 1.0]]))
    np.testing.assert_allclose(found, [[-0.73105858, 0.0]], atol=5e-9)


@pytest.mark.parametrize(("axis", "shape"), [(-1, (8,)), (-1, (3, 4)), (-2, (4, 3))])
def test_every_fault_is_noticed(axis, shape):
    assert not unnoticed(GLU(axis), shape, 8)


@pytest.mark.parametrize("axis", [0, 1, "-1", None])
def test_an_axis_that_is_none_is_refused(axis):
    with pytest.raises(ValueError, match="counts from the end"):
        GLU(axis)


def test_a_length_without_a_half_is_refused():
    with pytest.raises(ValueError, match=r"glu halves axis -1, which has 7 numbers: an odd length"):
        GLU().shape((7,))
    with pytest.raises(ValueError, match="no axis -2"):
        GLU(-2).shape((4,))
