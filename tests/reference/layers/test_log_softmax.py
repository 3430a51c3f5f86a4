"""Witnesses of log_softmax: the complex step, its softmax, and what is known of it at single numbers."""

import math

import numpy as np
import pytest

from reference.layers.log_softmax import log_softmax, log_softmax_backward, log_softmax_jacobian
from reference.layers.softmax import softmax, softmax_backward
from tests.support.layer_witness import G, Z, apart, slopes_of


def test_the_way_back_is_the_slope():
    A = log_softmax(Z)
    assert apart(log_softmax_backward(G, A), slopes_of("log_softmax")) < 1e-14
    assert apart(np.einsum("ni,nij->nj", G, log_softmax_jacobian(A)), slopes_of("log_softmax")) < 1e-14
    assert apart(softmax_backward(G, np.exp(A)), slopes_of("log_softmax")) > 1e-3


def test_it_is_the_logarithm_of_the_softmax():
    np.testing.assert_allclose(log_softmax(Z), np.log(softmax(Z)), atol=1e-14)
    np.testing.assert_allclose(np.exp(log_softmax(Z)).sum(axis=1), 1, atol=1e-15)


def test_where_the_probability_underflows():
    """The softmax of (0, 1000) is (e^-1000, 1): the first probability is 0 in float64, its logarithm is -1000."""
    assert log_softmax(np.array([[0.0, 1000.0]])).tolist() == [[-1000.0, 0.0]]


def test_published_values():
    """PyTorch's test of log_softmax: of n equal numbers each is -ln n; of (0, 1): -ln(1 + e), 1 - ln(1 + e)."""
    np.testing.assert_allclose(log_softmax(np.zeros((1, 4))), -math.log(4), rtol=1e-15)
    both = -math.log(1 + math.e)
    np.testing.assert_allclose(log_softmax(np.array([[0.0, 1.0]])), [[both, 1 + both]], rtol=1e-15)


@pytest.mark.parametrize("axis", [-1, -2, -3])
def test_another_axis(axis):
    X, dA = np.random.default_rng(0).normal(size=(2, 2, 3, 4, 5))
    rows = [np.moveaxis(T, axis, -1).reshape(-1, X.shape[axis]) for T in (X, dA)]
    back = log_softmax_backward(rows[1], log_softmax(rows[0]))
    moved = np.moveaxis(back.reshape(np.moveaxis(X, axis, -1).shape), -1, axis)
    np.testing.assert_allclose(log_softmax_backward(dA, log_softmax(X, axis), axis), moved, atol=1e-14)


def test_a_loss_of_logits_behind_it_is_that_of_the_logits_before_it():
    """The softmax of log_softmax is the softmax: so both networks have one cost."""
    from reference.losses import loss_named

    written = loss_named("categorical_crossentropy(from_logits=True)").written("log_softmax")
    assert written.reads == "A"
    y = np.eye(Z.shape[1])[np.arange(len(Z)) % Z.shape[1]]
    np.testing.assert_allclose(written.cost(log_softmax(Z), y), written.cost(Z, y), rtol=1e-14)
