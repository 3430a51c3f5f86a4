"""Witnesses of the sigmoid: the complex step, and what is known of it at single numbers."""

import numpy as np

from reference.layers.sigmoid import sigmoid
from tests.support.layer_witness import Z, way_back_is_the_slope


def test_the_way_back_is_the_slope():
    way_back_is_the_slope("sigmoid", "relu", "linear", "tanh", "leaky_relu")


def test_it_is_half_of_a_tanh():
    np.testing.assert_allclose(sigmoid(Z), 0.5 + 0.5 * np.tanh(Z / 2), atol=1e-15)  # a few roundings of numbers below 1
