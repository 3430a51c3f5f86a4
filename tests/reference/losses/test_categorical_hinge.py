"""Witnesses of the categorical hinge loss: the complex step, loops, Keras's numbers, ties, and the kink."""

import numpy as np

from tests.support.loss_witness import HALVES_A, HALVES_Y, LOGITS, N, Y, cost, n, slope, way_back_is_the_slope

TEXT = "categorical_hinge"
RIGHT = np.array([[1.0, 0.0, 0.0, 0.0]])


def test_the_way_back_is_the_slope():
    way_back_is_the_slope(TEXT, LOGITS, Y, "linear", "hinge")


def test_it_is_written_out():
    by_hand = 0.0
    for i in range(N):
        right = sum(Y[i, j] * LOGITS[i, j] for j in range(n))
        by_hand += max(max((1 - Y[i, j]) * LOGITS[i, j] for j in range(n)) - right + 1, 0)
    np.testing.assert_allclose(cost(TEXT, LOGITS, Y), by_hand / N, rtol=1e-13)


def test_keras_publishes_the_same():
    np.testing.assert_allclose(cost(TEXT, HALVES_A, HALVES_Y), 1.4, rtol=1e-13)


def test_several_largest_get_their_shares():
    assert slope(TEXT, np.array([[0.5, 0.2, 0.2, 0.1]]), RIGHT).tolist() == [[-1, 0.5, 0.5, 0]]


def test_the_right_class_counts_as_0_among_the_others():
    A = np.array([[0.5, -0.1, -0.2, -0.3]])
    assert cost(TEXT, A, RIGHT) == 0.5  # Crammer and Singer's is -0.1 - 0.5 + 1
    assert slope(TEXT, A, RIGHT).tolist() == [[-1, 0, 0, 0]]
    tie = np.array([[0.5, 0.0, -0.2, -0.1]])
    assert slope(TEXT, tie, RIGHT).tolist() == [[-1, 0.5, 0, 0]]


def test_at_the_kink_the_gradient_gets_through():
    assert slope(TEXT, np.array([[1.5, 0.5, -0.2, -0.1]]), RIGHT).tolist() == [[-1, 1, 0, 0]]
    assert not slope(TEXT, np.array([[1.75, 0.5, -0.2, -0.1]]), RIGHT).any()
