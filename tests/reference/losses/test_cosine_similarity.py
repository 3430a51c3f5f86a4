"""Witnesses of the cosine similarity: the complex step, loops, Keras's numbers, and that lengths do not count."""

import math

import numpy as np

from tests.support.loss_witness import KERAS_A, KERAS_Y, LOGITS, N, cost, slope, way_back_is_the_slope

TEXT = "cosine_similarity"
y = np.random.default_rng(8).normal(size=LOGITS.shape)


def test_the_way_back_is_the_slope():
    way_back_is_the_slope(TEXT, LOGITS, y, "linear", "mean_squared_error")


def by_hand(A, y):
    """Minus the mean of the cosines, from lengths of the standard library."""
    pairs = zip(A.tolist(), y.tolist(), strict=True)
    cosines = [sum(p * q for p, q in zip(a, b, strict=True)) / math.hypot(*a) / math.hypot(*b) for a, b in pairs]
    return -math.fsum(cosines) / len(cosines)


def test_it_is_written_out():
    np.testing.assert_allclose(cost(TEXT, LOGITS, y), by_hand(LOGITS, y), rtol=1e-13)
    np.testing.assert_allclose(cost(TEXT, KERAS_A, KERAS_Y), by_hand(KERAS_A, KERAS_Y), rtol=1e-13)


def test_keras_publishes_the_same():
    """Its documentation: the labels (0, 1) and (1, 1), the outputs (1, 0) and (1, 1)."""
    A, labels = np.array([[1.0, 0.0], [1.0, 1.0]]), np.array([[0.0, 1.0], [1.0, 1.0]])
    np.testing.assert_allclose(cost(TEXT, A, labels), -0.5, rtol=1e-13)


def test_lengths_do_not_count():
    np.testing.assert_allclose(cost(TEXT, 3 * LOGITS, 5 * y), cost(TEXT, LOGITS, y), rtol=1e-13)
    assert np.max(np.abs(np.sum(slope(TEXT, LOGITS, y) * LOGITS, axis=-1))) < 1e-16 * N * 8
    np.testing.assert_allclose(cost(TEXT, y, y), -1, rtol=1e-13)


def test_a_row_shorter_than_epsilon_is_only_multiplied():
    A = LOGITS * 1e-9
    np.testing.assert_allclose(cost(TEXT, A, y), cost(TEXT, A * 1e-3, y) * 1e3, rtol=1e-13)
    way_back_is_the_slope(TEXT, A, y)
