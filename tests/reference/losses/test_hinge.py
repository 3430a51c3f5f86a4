"""Witnesses of the hinge loss: the complex step, Keras's numbers, what labels of 0 and 1 become, and the kink."""

import numpy as np

from reference.losses.hinge import signs
from tests.support.loss_witness import HALVES_A, HALVES_Y, LOGITS, Y, cost, slope, way_back_is_the_slope

TEXT = "hinge"


def test_the_way_back_is_the_slope():
    way_back_is_the_slope(TEXT, LOGITS, Y, "linear", "squared_hinge")
    way_back_is_the_slope(TEXT, LOGITS, Y * 3 - 1.5, "linear")


def test_keras_publishes_the_same():
    np.testing.assert_allclose(cost(TEXT, HALVES_A, HALVES_Y), 1.3, rtol=1e-13)
    np.testing.assert_allclose(cost(f"{TEXT}(reduction='sum')", HALVES_A, HALVES_Y), 2.6, rtol=1e-13)


def test_labels_become_signs_if_all_of_the_batch_are_0_or_1():
    assert signs(np.array([[0.0, 1.0], [1.0, 1.0]])).tolist() == [[-1, 1], [1, 1]]
    for y in ([[0.0, 1.0], [1.0, 0.5]], [[-1.0, 1.0], [0.0, 1.0]]):  # one other label is enough
        assert signs(np.array(y)).tolist() == y
    assert cost(TEXT, LOGITS, Y) == cost(TEXT, LOGITS, 2 * Y - 1)


def test_at_the_kink_the_gradient_gets_through():
    A = np.array([[1.0, -1.0, 1.0 + 1e-15, 0.5]])
    assert slope(TEXT, A, np.array([[1.0, -1.0, 1.0, -1.0]])).tolist() == [[-0.25, 0.25, 0, 0.25]]


def test_no_output_beyond_its_margin_counts():
    assert cost(TEXT, 5 * (2 * Y - 1), Y) == 0
