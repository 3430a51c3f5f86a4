"""Witnesses of the mean absolute percentage error: the complex step, loops, Keras's numbers, scale, and the kink."""

import numpy as np

from tests.support.loss_witness import KERAS_A, KERAS_Y, LOGITS, by_loops, cost, slope, way_back_is_the_slope

TEXT = "mean_absolute_percentage_error"
y = np.random.default_rng(5).normal(size=LOGITS.shape)


def test_the_way_back_is_the_slope():
    way_back_is_the_slope(TEXT, LOGITS, y, "linear", "mean_absolute_error")


def test_it_is_written_out():
    by_hand = by_loops(lambda a, label: 100 * abs((label - a) / max(abs(label), 1e-7)), LOGITS, y)
    np.testing.assert_allclose(cost(TEXT, LOGITS, y), by_hand, rtol=1e-13)


def test_keras_publishes_the_same():
    assert abs(cost(TEXT, KERAS_A, KERAS_Y) - 211.8518) < 1e-4


def test_it_does_not_depend_on_the_unit():
    np.testing.assert_allclose(cost(TEXT, LOGITS * 7, y * 7), cost(TEXT, LOGITS, y), rtol=1e-13)


def test_a_label_of_0_counts_as_epsilon():
    A, zero = np.array([[1e-7]]), np.array([[0.0]])
    np.testing.assert_allclose(cost(TEXT, A, zero), 100, rtol=1e-13)
    np.testing.assert_allclose(cost(f"{TEXT}(epsilon=0.01)", A, zero), 1e-3, rtol=1e-13)


def test_at_the_kink_the_slope_is_0():
    assert not slope(TEXT, y, y).any()
