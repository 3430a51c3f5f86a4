"""Witnesses of the Poisson loss: the complex step, Keras's numbers, and where it is least."""

import math

import numpy as np

from tests.support.loss_witness import SHARES, Y, by_loops, cost, slope, way_back_is_the_slope

TEXT = "poisson"
A = SHARES + 0.1


def test_the_way_back_is_the_slope():
    way_back_is_the_slope(TEXT, A, 3 * Y, "linear", "mean_absolute_error")
    way_back_is_the_slope(f"{TEXT}(epsilon=0.2)", A, 3 * Y, "linear", TEXT)


def test_it_is_written_out():
    by_hand = by_loops(lambda a, label: a - label * math.log(a + 1e-7), A, 3 * Y)
    np.testing.assert_allclose(cost(TEXT, A, 3 * Y), by_hand, rtol=1e-13)


def test_keras_publishes_the_same():
    A = np.array([[1.0, 9.0, 2.0], [5.0, 2.0, 6.0]])
    y = np.array([[4.0, 8.0, 12.0], [8.0, 1.0, 3.0]])
    by_hand = by_loops(lambda a, label: a - label * math.log(a), A, y)  # as Keras's test says, without ε
    assert abs(cost(TEXT, A, y) - by_hand) < 1e-6


def test_it_is_least_where_the_output_is_the_label():
    y = np.array([[1.0, 2.0, 5.0]])
    assert np.max(np.abs(slope(TEXT, y - 1e-7, y))) < 1e-15
    assert (slope(TEXT, y * 1.01, y) > 0).all() and (slope(TEXT, y * 0.99, y) < 0).all()
