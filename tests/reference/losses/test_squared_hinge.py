"""Witnesses of the squared hinge loss: the complex step, Keras's numbers, and its relation to the squared error."""

import numpy as np

from tests.support.loss_witness import HALVES_A, HALVES_Y, LOGITS, Y, cost, slope, way_back_is_the_slope

TEXT = "squared_hinge"


def test_the_way_back_is_the_slope():
    way_back_is_the_slope(TEXT, LOGITS, Y, "linear", "hinge")


def test_keras_publishes_the_same():
    np.testing.assert_allclose(cost(TEXT, HALVES_A, HALVES_Y), 1.86, rtol=1e-13)
    np.testing.assert_allclose(cost(f"{TEXT}(reduction='sum')", HALVES_A, HALVES_Y), 3.72, rtol=1e-13)


def test_within_the_margin_it_is_the_squared_error():
    """(1 - y a)² = (y - a)² for y = ±1."""
    A = np.clip(LOGITS, -1, 1)
    np.testing.assert_allclose(cost(TEXT, A, Y), cost("mean_squared_error", A, 2 * Y - 1), rtol=1e-13)


def test_at_the_kink_the_slope_is_0():
    assert not slope(TEXT, 2 * Y - 1, Y).any()
