"""Witnesses of the generalized cross-entropy: the complex step, Keras's numbers, and its two limits."""

import numpy as np
import pytest

from reference.losses import loss_named
from tests.support.loss_witness import SHARES, N, Y, cost, way_back_is_the_slope

TEXT = "categorical_generalized_cross_entropy"


@pytest.mark.parametrize("q", [0.2, 0.5, 0.9])
def test_the_way_back_is_the_slope(q):
    way_back_is_the_slope(f"{TEXT}(q={q})", SHARES + 0.1, Y, "linear", f"{TEXT}(q=0.4)")


def test_keras_publishes_the_same():
    A, y = np.array([[0.7, 0.3], [0.2, 0.8], [0.6, 0.4], [0.4, 0.6]]), np.eye(2)[[0, 1, 0, 1]]
    for q in (0.5, 0.8):
        by_hand = sum((1 - p**q) / q for p in (0.7, 0.8, 0.6, 0.6)) / 4
        np.testing.assert_allclose(cost(f"{TEXT}(q={q})", A, y), by_hand, rtol=1e-13)


def test_its_limits_are_the_crossentropy_and_the_absolute_error():
    p = np.sum(SHARES * Y, axis=-1) + 0.1
    A = SHARES + 0.1
    np.testing.assert_allclose(cost(f"{TEXT}(q=1e-09)", A, Y), -np.sum(np.log(p)) / N, rtol=1e-6)
    np.testing.assert_allclose(cost(f"{TEXT}(q=0.999999999)", A, Y), np.sum(1 - p) / N, rtol=1e-6)


@pytest.mark.parametrize("q", ["0.0", "1.0", "1", "'a'", "-0.5"])
def test_a_wrong_q_is_refused(q):
    with pytest.raises(ValueError, match="q of categorical_generalized_cross_entropy must be above 0 and below 1"):
        loss_named(f"{TEXT}(q={q})")
