"""Witnesses of the mean squared error: the complex step, and its sum written out."""

import numpy as np
import pytest

from reference.losses.loss import of_batch
from reference.losses.mean_squared_error import squared, squared_slope
from tests.support.loss_witness import LOGITS, N, Y, n, slope_is_that_of_the_cost


@pytest.mark.parametrize("mean", [True, False])
def test_the_slope_is_that_of_the_cost(mean):
    slope_is_that_of_the_cost(squared, squared_slope, LOGITS, mean)


def test_its_sum_is_written_out():
    by_hand = sum((LOGITS[i, j] - Y[i, j]) ** 2 for i in range(N) for j in range(n))
    np.testing.assert_allclose(of_batch(LOGITS, Y, cost=squared), by_hand / (N * n), rtol=1e-14)  # in another order
    np.testing.assert_allclose(of_batch(LOGITS, Y, cost=squared, mean=False), by_hand / n, rtol=1e-14)
