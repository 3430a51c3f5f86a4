"""Witnesses of the logarithm of the hyperbolic cosine: the complex step, Keras's numbers, and its limits."""

import math

import numpy as np

from reference.losses.log_cosh import LN_2
from tests.support.loss_witness import KERAS_A, KERAS_Y, LOGITS, Y, by_loops, cost, slope, way_back_is_the_slope

TEXT = "log_cosh"


def test_the_way_back_is_the_slope():
    way_back_is_the_slope(TEXT, LOGITS, Y, "linear", "mean_squared_error", "mean_absolute_error")


def test_it_is_the_logarithm_of_the_cosine():
    np.testing.assert_allclose(
        cost(TEXT, LOGITS, Y), by_loops(lambda a, y: math.log(math.cosh(a - y)), LOGITS, Y), atol=1.91e-9
    )
    np.testing.assert_allclose(slope(TEXT, LOGITS, Y), np.tanh(LOGITS - Y) / LOGITS.size, rtol=1e-12)


def test_keras_publishes_the_same():
    """Keras's test takes the mean of ln((e^d + e^-d) / 2)."""
    by_hand = by_loops(lambda a, y: math.log((math.exp(a - y) + math.exp(y - a)) / 2), KERAS_A, KERAS_Y)
    np.testing.assert_allclose(cost(TEXT, KERAS_A, KERAS_Y), by_hand, atol=1.91e-9)


def test_large_errors_do_not_overflow():
    A = np.array([[1e4, -1e4]])
    np.testing.assert_allclose(cost(TEXT, A, 0 * A), 1e4 - math.log(2), rtol=1e-12)


def test_ln_2_is_that_of_float32():
    """Keras computes it in float32 in every precision."""
    assert 1.9e-9 < LN_2 - math.log(2) < 1.91e-9
    assert cost(TEXT, np.zeros((1, 1)), np.zeros((1, 1))) == math.log(2) - LN_2


def test_large_errors_keep_their_slope():
    A = np.array([[1e4, -1e4]])
    with np.errstate(over="ignore"):
        assert slope(TEXT, A, 0 * A).tolist() == [[0.5, -0.5]]
