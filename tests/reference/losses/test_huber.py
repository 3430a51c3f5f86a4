"""Witnesses of the Huber loss: the complex step, loops, Keras's numbers, and its two limits."""

import numpy as np
import pytest

from reference.losses import loss_named
from tests.support.loss_witness import LOGITS, Y, by_loops, cost, slope, way_back_is_the_slope


@pytest.mark.parametrize("delta", [0.3, 1.0, 2.5])
def test_the_way_back_is_the_slope(delta):
    others = ("mean_squared_error", "mean_absolute_error", "huber(delta=0.5)")
    way_back_is_the_slope(f"huber(delta={delta})", LOGITS, Y, "linear", *others)


def test_it_is_written_out():
    def term(a, label):
        size = abs(a - label)
        return size * size / 2 if size <= 0.7 else 0.7 * size - 0.7 * 0.7 / 2

    np.testing.assert_allclose(cost("huber(delta=0.7)", LOGITS, Y), by_loops(term, LOGITS, Y), rtol=1e-13)


def test_keras_publishes_the_same():
    A = np.array([[0.9, 0.2, 0.2], [0.8, 0.4, 0.6]])
    y = np.array([[1.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    terms = [0.005, 0.02, 0.32, 0.02, 0.08, 0.18]  # half the squares: all errors are at most 1
    np.testing.assert_allclose(cost("huber", A, y), sum(terms) / 6, rtol=1e-13)


def test_its_limits_are_half_the_squares_and_straight_lines():
    half = cost("mean_squared_error", LOGITS, Y) / 2
    np.testing.assert_allclose(cost("huber(delta=100.0)", LOGITS, Y), half, rtol=1e-13)
    lines = cost("mean_absolute_error", LOGITS, Y)
    np.testing.assert_allclose(cost("huber(delta=1e-09)", LOGITS, Y) / 1e-9, lines, rtol=1e-8)


def test_at_delta_both_branches_agree():
    A = np.array([[1.5, -1.5]])
    assert slope("huber(delta=1.5)", A, 0 * A).tolist() == [[0.75, -0.75]]
    assert cost("huber(delta=1.5)", A, 0 * A) == 1.125


@pytest.mark.parametrize("delta", ["0.0", "-1.0", "1", "'a'", "1e999"])
def test_a_wrong_delta_is_refused(delta):
    with pytest.raises(ValueError, match="delta of huber must be a finite number above 0"):
        loss_named(f"huber(delta={delta})")
