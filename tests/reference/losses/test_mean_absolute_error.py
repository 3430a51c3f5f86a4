"""Witnesses of the mean absolute error: the complex step, exact fractions, Keras's numbers, and the kink."""

from fractions import Fraction

import numpy as np

from reference.losses.mean_absolute_error import sign
from tests.support.loss_witness import KERAS_A, KERAS_Y, LOGITS, Y, cost, slope, way_back_is_the_slope
from tests.support.witness import dyadic

TEXT = "mean_absolute_error"


def test_the_way_back_is_the_slope():
    way_back_is_the_slope(TEXT, LOGITS, Y, "linear", "mean_squared_error", "huber")


def test_fractions_agree_exactly():
    A, y = dyadic(4, 8), dyadic(4, 8)
    by_hand = sum(abs(Fraction(a) - Fraction(b)) for a, b in zip(A.ravel(), y.ravel(), strict=True)) / 32
    assert Fraction(float(cost(TEXT, A, y))) == by_hand


def test_keras_publishes_the_same():
    assert abs(cost(TEXT, KERAS_A, KERAS_Y) - 5.5) < 1e-12


def test_at_the_kink_the_slope_is_0():
    """The slopes from both sides are -1 and 1; TensorFlow takes 0."""
    assert slope(TEXT, Y, Y).tolist() == np.zeros_like(Y).tolist()
    assert sign(np.array([1.0, 2.0, 3.0]), np.full(3, 2.0)).tolist() == [-1, 0, 1]


def test_it_does_not_change_when_outputs_and_labels_are_exchanged():
    assert cost(TEXT, LOGITS, Y) == cost(TEXT, Y, LOGITS)
