"""Witnesses of Lion: what Keras's tests expect, the paper's loop, and steps of one size."""

import numpy as np
import pytest

from reference.optimizers.lion import Lion
from tests.support.optimizer_witness import NUMBERS, after, agrees_with_keras, steps


def test_keras_expects_it():
    agrees_with_keras(Lion, [0.5, 1.5, 2.5, 3.5], [[0.999], [0.998], [0.997], [0.996], [0.995]])


def test_it_is_algorithm_2_of_the_paper():
    """Chen et al. 2023: c = β1 m + (1 - β1) g, θ - η sign(c), then m = β2 m + (1 - β2) g."""
    numbers = (*NUMBERS, -1.5, -0.01, 0.01, 2.0)
    m, theta = 0.0, 0.7
    for g, value in zip(numbers, after(Lion(0.1, 0.6, 0.95), numbers, 0.7), strict=True):
        c = 0.6 * m + 0.4 * g
        theta -= 0.1 * ((c > 0) - (c < 0))
        m = 0.95 * m + 0.05 * g
        assert value == pytest.approx(theta, rel=1e-13)


def test_the_size_of_the_gradients_does_not_matter_and_a_gradient_of_0_moves_nothing():
    gradients = np.random.default_rng(0).normal(size=(20, 4)) * (1, 1, 1, 0)
    found = after(Lion(0.1), gradients, np.zeros(4))
    assert np.array_equal(found, after(Lion(0.1), gradients * 1024, np.zeros(4)))
    assert not found[:, 3].any()
    updates = np.array([step["update_W1"][:3] for step in steps(Lion(0.1), gradients, np.zeros(4))])
    assert set(np.abs(updates).ravel()) == {0.1}
