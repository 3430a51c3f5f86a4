"""Witnesses of the mean squared error: the complex step, and its sum written out."""

import numpy as np

from tests.support.loss_witness import KERAS_A, KERAS_Y, LOGITS, N, Y, cost, n, way_back_is_the_slope


def test_the_way_back_is_the_slope():
    way_back_is_the_slope("mean_squared_error", LOGITS, Y, "linear", "mean_absolute_error")


def test_its_sum_is_written_out():
    by_hand = sum((LOGITS[i, j] - Y[i, j]) ** 2 for i in range(N) for j in range(n))
    np.testing.assert_allclose(cost("mean_squared_error", LOGITS, Y), by_hand / (N * n), rtol=1e-14)
    np.testing.assert_allclose(cost("mean_squared_error(reduction='sum')", LOGITS, Y), by_hand / n, rtol=1e-14)


def test_keras_publishes_the_same():
    assert abs(cost("mean_squared_error", KERAS_A, KERAS_Y) - 49.5) < 1e-12
