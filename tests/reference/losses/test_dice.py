"""Witnesses of the Dice loss: the complex step, loops, Keras's numbers, and sets for which the overlap is known."""

import numpy as np
import pytest

from reference.losses import loss_named
from tests.support.loss_witness import (
    SHARES,
    Y,
    cost,
    slope,
    way_back_is_the_slope,
    way_back_of_whole_is_the_slope,
)

TEXT = "dice"


def test_the_way_back_is_the_slope():
    way_back_is_the_slope(f"{TEXT}(per_example=True)", SHARES, Y, "linear", "tversky(per_example=True, alpha=0.9)")
    way_back_of_whole_is_the_slope(TEXT, SHARES, Y)


def test_it_is_written_out():
    overlap = sum(a * b for a, b in zip(SHARES.ravel(), Y.ravel(), strict=True))
    by_hand = 1 - 2 * overlap / (sum(SHARES.ravel()) + sum(Y.ravel()) + 1e-7)
    np.testing.assert_allclose(cost(TEXT, SHARES, Y), by_hand, rtol=1e-13)
    rows = [cost(TEXT, SHARES[k : k + 1], Y[k : k + 1]) for k in range(len(Y))]
    np.testing.assert_allclose(cost(f"{TEXT}(per_example=True)", SHARES, Y), sum(rows) / len(rows), rtol=1e-13)


def test_keras_publishes_the_same():
    A, y = np.array([[4.0, 1.0], [6.0, 1.0]]), np.array([[1.0, 2.0], [1.0, 2.0]])
    assert abs(cost(TEXT, A, y) + 0.55555546) < 1e-7
    A, y = np.array([[0.0, 1, 0, 1], [1, 0, 1, 1]] * 2), np.array([[1.0, 0, 1, 0], [0, 1, 0, 1]] * 2)
    assert abs(cost(TEXT, A, y) - 0.77777773) < 1e-7


def test_of_equal_sets_it_is_0_and_of_disjoint_sets_1():
    assert abs(cost(TEXT, Y, Y)) < 1e-7 and cost(TEXT, 1 - Y, Y) == 1
    assert slope(TEXT, 0.5 * Y, Y).max() > 0 > slope(TEXT, 0.5 * Y, Y).min()


def test_a_wrong_option_is_refused():
    with pytest.raises(ValueError, match="per_example must be True or False"):
        loss_named("dice(per_example=1)")
