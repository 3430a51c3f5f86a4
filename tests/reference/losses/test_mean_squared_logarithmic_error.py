"""Witnesses of the mean squared logarithmic error: the complex step, Keras's numbers, a limit, and the cut."""

import math

import numpy as np

from tests.support.loss_witness import KERAS_A, KERAS_Y, SHARES, Y, by_loops, cost, slope, way_back_is_the_slope

TEXT = "mean_squared_logarithmic_error"
A = SHARES + 0.1


def test_the_way_back_is_the_slope():
    way_back_is_the_slope(TEXT, A, Y, "linear", "mean_squared_error")


def test_it_is_written_out():
    by_hand = by_loops(lambda a, label: (math.log1p(max(a, 1e-7)) - math.log1p(max(label, 1e-7))) ** 2, A, Y)
    np.testing.assert_allclose(cost(TEXT, A, Y), by_hand, rtol=1e-12)


def test_keras_publishes_the_same():
    assert abs(cost(TEXT, KERAS_A, KERAS_Y) - 1.4370) < 1e-3


def test_for_small_numbers_it_is_the_squared_error():
    y = Y + 0.5
    np.testing.assert_allclose(cost(TEXT, A * 1e-4, y * 1e-4), cost("mean_squared_error", A, y) * 1e-8, rtol=1e-3)


def test_at_and_above_epsilon_a_gradient_gets_through():
    epsilon = float(np.float32(1e-7))  # as Keras has it, in float64 too
    at = np.array([[epsilon, np.nextafter(epsilon, 0), -1.0]])
    slopes = slope(TEXT, at, np.ones_like(at))
    assert slopes[0, 0] < 0 and not slopes[0, 1:].any()
