"""Witnesses of the Tversky loss: the complex step, loops, Keras's numbers, and the Dice loss as a special case."""

import numpy as np
import pytest

from reference.losses import loss_named
from tests.support.loss_witness import SHARES, Y, cost, way_back_is_the_slope, way_back_of_whole_is_the_slope

TEXT = "tversky"


@pytest.mark.parametrize(("alpha", "beta"), [(0.5, 0.5), (0.2, 0.8), (1.5, 0.0)])
def test_the_way_back_is_the_slope(alpha, beta):
    words = f"alpha={alpha}, beta={beta}"
    way_back_is_the_slope(f"{TEXT}(per_example=True, {words})", SHARES, Y, "linear", "hinge")
    way_back_of_whole_is_the_slope(f"{TEXT}({words})", SHARES, Y)


def test_alpha_counts_what_is_missing():
    """In the paper α counts what is too much: Keras exchanges both."""
    overlap, missing, too_much = np.sum(SHARES * Y), np.sum((1 - SHARES) * Y), np.sum(SHARES * (1 - Y))
    by_hand = 1 - overlap / (overlap + 0.2 * missing + 0.8 * too_much + 1e-7)
    np.testing.assert_allclose(cost(f"{TEXT}(alpha=0.2, beta=0.8)", SHARES, Y), by_hand, rtol=1e-13)


def test_keras_publishes_the_same():
    A, y = np.array([[4.0, 1.0], [6.0, 1.0]]), np.array([[1.0, 2.0], [1.0, 2.0]])
    assert abs(cost(TEXT, A, y) + 0.55555546) < 1e-7
    assert abs(cost(f"{TEXT}(alpha=0.2, beta=0.8)", A, y) + 0.29629636) < 1e-7


def test_with_halves_it_is_the_dice_loss():
    np.testing.assert_allclose(cost(TEXT, SHARES, Y), cost("dice", SHARES, Y), rtol=1e-7)


@pytest.mark.parametrize("option", ["alpha=-1.0", "beta=1e999", "beta=1", "per_example=0"])
def test_a_wrong_option_is_refused(option):
    with pytest.raises(ValueError, match=r"(alpha|beta) of tversky must be|per_example must be"):
        loss_named(f"{TEXT}({option})")
