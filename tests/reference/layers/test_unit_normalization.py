"""Witnesses of unit normalization: loops from the definition, the complex step, and Keras's printed example."""

import numpy as np
import pytest

from reference.layers import layer_named
from reference.layers.unit_normalization import UnitNormalization, unit, unit_gradient
from tests.support.normalizing_witness import drawn, slopes_are, unnoticed

CASES = {"rows": ((4, 6), (-1,)), "two axes": ((2, 3, 4), (-2, -1)), "the first axis": ((2, 3, 4), (-2,))}


@pytest.mark.parametrize("name", CASES)
def test_the_length_is_1(name):
    shape, axes = CASES[name]
    X = drawn(*shape)
    N = unit(X, axes=axes)
    np.testing.assert_allclose((N**2).sum(axis=axes), 1, rtol=1e-14)
    np.testing.assert_allclose(N * np.linalg.norm(X, axis=axes, keepdims=True), X, rtol=1e-14)
    assert not np.allclose((N**2).mean(axis=axes), 1, rtol=1e-3)


def test_keras_prints_these_numbers():
    """The docstring of keras.ops.normalize."""
    printed = [[0.26726124, 0.5345225, 0.8017837], [0.45584232, 0.5698029, 0.68376344]]
    X = np.array([[1.0, 2, 3], [4, 5, 6]])
    np.testing.assert_allclose(unit(X, axes=(-1,)), printed, atol=5e-8)
    assert not np.allclose(unit(X, axes=(-2,)), printed, atol=1e-3)


@pytest.mark.parametrize("name", CASES)
def test_the_gradient_is_the_slope(name):
    shape, axes = CASES[name]
    X, dN = drawn(*shape), drawn(*shape) - 1.5
    constant = dN / np.linalg.norm(X, axis=axes, keepdims=True)
    found = unit_gradient(dN, X, axes=axes)
    slopes_are(found, lambda X: np.sum(dN * unit_by_definition(X, axes)), X, constant, 2 * found - constant)
    np.testing.assert_allclose((found * X).sum(axis=axes), 0, atol=1e-13)  # the length of X has no influence


def unit_by_definition(X, axes):
    """x / √ Σ x², also of complex numbers."""
    return X / np.sqrt(np.sum(X * X, axis=axes, keepdims=True))


def test_a_vector_of_zeros_stays_one():
    X = np.array([[0.0, 0.0], [3.0, 4.0], [1e-13, 0.0]])
    np.testing.assert_allclose(unit(X, axes=(-1,)), [[0, 0], [0.6, 0.8], [0.1, 0]], rtol=1e-14)
    dX = unit_gradient(np.ones_like(X), X, axes=(-1,))
    np.testing.assert_allclose(dX[[0, 2]], 1e12, rtol=1e-14)


@pytest.mark.parametrize(("example", "batch"), [((8,), 8), ((32,), 64), ((4, 6), 8)])
def test_every_fault_is_noticed(example, batch):
    assert not unnoticed(UnitNormalization(), example, batch)


@pytest.mark.parametrize("fields", ["axes=()", "axes=(0,)", "axes=-1", "axes=None"])
def test_fields_that_are_none_are_refused(fields):
    with pytest.raises(ValueError):
        layer_named(f"unit_normalization({fields})")


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="no axis -2"):
        UnitNormalization((-2,)).shape((4,))
