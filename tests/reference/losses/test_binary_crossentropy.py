"""Witnesses of the binary cross-entropy: the complex step, loops, Keras's numbers, and that its forms agree."""

import math

import numpy as np
import pytest

from reference.layers.sigmoid import sigmoid
from tests.support.layer_witness import apart
from tests.support.loss_witness import LOGITS, SHARES, Y, by_loops, cost, slope, way_back_is_the_slope

TEXT = "binary_crossentropy"
FORMS = {"(from_logits=True": LOGITS, "(": np.clip(SHARES, 1e-3, 0.99)}


@pytest.mark.parametrize("smoothing", [0.1, 0.5])
@pytest.mark.parametrize("form", FORMS)
def test_the_way_back_is_the_slope(form, smoothing):
    comma = ", " if len(form) > 1 else ""
    text = f"{TEXT}{form}{comma}label_smoothing={smoothing})"
    way_back_is_the_slope(text, FORMS[form], Y, "linear", f"{TEXT}{form}{comma}label_smoothing=0.2)")


def test_it_is_written_out():
    A = FORMS["("]
    by_hand = by_loops(lambda a, label: -label * math.log(a) - (1 - label) * math.log(1 - a), A, Y)
    np.testing.assert_allclose(cost(TEXT, A, Y), by_hand, rtol=1e-13)


def test_keras_publishes_the_same():
    A = np.array([[0.9, 0.1, 0.2], [0.3, 0.8, 0.1], [0.1, 0.2, 0.7]])
    assert abs(cost(TEXT, A, np.eye(3)) - 0.20046903) < 1e-6
    cut = np.array([[1.0, 1.0], [1.0, 0.0]])
    assert abs(cost(TEXT, cut, np.array([[1.0, 0.0], [1.0, 0.0]])) - 16.118 / 4) < 1e-3  # ln 1e-7 in place of ln 0
    Z, y = np.array([[10.0, -10.0, 10.0], [10.0, 10.0, -10.0]]), np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]])
    assert abs(cost(f"{TEXT}(from_logits=True)", Z, y) - 3.3333) < 1e-3
    smoothed = cost(f"{TEXT}(from_logits=True, label_smoothing=0.1)", np.array([[10.0, -10.0, -10.0]]), y[:1])
    assert abs(smoothed - (10 + 5 * 0.1) / 3) < 1e-4


def test_logits_and_probabilities_agree():
    """So do the slopes, back through the sigmoid: a (1 - a) times that of the probabilities is a - y."""
    A = sigmoid(LOGITS)
    np.testing.assert_allclose(cost(f"{TEXT}(from_logits=True)", LOGITS, Y), cost(TEXT, A, Y), rtol=1e-13)
    assert apart(slope(TEXT, A, Y) * A * (1 - A), slope(f"{TEXT}(from_logits=True)", LOGITS, Y)) < 1e-13
    np.testing.assert_allclose(slope(f"{TEXT}(from_logits=True)", LOGITS, Y), (A - Y) / A.size, atol=1e-16)


@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
def test_behind_a_sigmoid_or_softmax_it_begins_with_z(activation):
    """Keras takes the Z of either for logits of sigmoids, whatever `from_logits` says."""
    for text in (TEXT, f"{TEXT}(from_logits=True)"):
        assert cost(text, LOGITS, Y, activation) == cost(f"{TEXT}(from_logits=True)", LOGITS, Y)


def test_large_logits_neither_overflow_nor_lose_their_slope():
    Z = np.array([[800.0, -800.0, 0.0, 0.0]])
    y = np.array([[0.0, 1.0, 0.0, 1.0]])
    np.testing.assert_allclose(cost(f"{TEXT}(from_logits=True)", Z, y), (1600 + 2 * math.log(2)) / 4, rtol=1e-14)
    assert slope(f"{TEXT}(from_logits=True)", Z, y).tolist() == [[0.25, -0.25, 0.125, -0.125]]


def test_at_both_cuts_the_gradient_gets_through():
    at = np.array([[1e-7, np.nextafter(1e-7, 0), 1 - 1e-7, np.nextafter(1 - 1e-7, 1)]])
    slopes = slope(TEXT, at, np.full_like(at, 0.5))
    assert slopes[0, [0, 2]].all() and not slopes[0, [1, 3]].any()
