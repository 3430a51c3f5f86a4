"""Witnesses of the Kullback-Leibler divergence: the complex step, loops, Keras's numbers, Gibbs, and the cuts."""

import math

import numpy as np

from reference.layers.softmax import softmax
from tests.support.loss_witness import LOGITS, SHARES, N, Y, cost, n, slope, way_back_is_the_slope

TEXT = "kl_divergence"
P = softmax(LOGITS[::-1])


def test_the_way_back_is_the_slope():
    way_back_is_the_slope(TEXT, np.clip(SHARES, 1e-3, 0.99), P, "linear", "categorical_hinge")


def test_it_is_written_out():
    A = np.clip(SHARES, 1e-3, 1)
    by_hand = math.fsum(P[i, j] * math.log(P[i, j] / A[i, j]) for i in range(N) for j in range(n)) / N
    np.testing.assert_allclose(cost(TEXT, A, P), by_hand, rtol=1e-12)


def test_keras_publishes_the_same():
    A, y = np.array([[0.4, 0.9, 0.12], [0.36, 0.3, 0.4]]), np.array([[0.5, 0.8, 0.12], [0.7, 0.43, 0.8]])
    by_hand = sum(b * math.log(b / a) for a, b in zip(A.ravel(), y.ravel(), strict=True)) / 2
    np.testing.assert_allclose(cost(TEXT, A, y), by_hand, rtol=1e-13)


def test_it_is_never_below_0_and_0_for_equal_distributions():
    assert cost(TEXT, P, P) == 0 < cost(TEXT, softmax(LOGITS), P)


def test_for_one_hot_labels_it_is_the_crossentropy():
    A = softmax(LOGITS)
    np.testing.assert_allclose(cost(TEXT, A, Y), cost("categorical_crossentropy", A, Y), atol=1e-4)


def test_at_both_cuts_the_gradient_gets_through():
    at = np.array([[1e-7, np.nextafter(1e-7, 0), 1.0, np.nextafter(1.0, 2)]])
    slopes = slope(TEXT, at, np.full_like(at, 0.5))
    assert (slopes[0, [0, 2]] < 0).all() and not slopes[0, [1, 3]].any()
