"""Witnesses of tanh: the complex step, and what is known of it at single numbers."""

import numpy as np

from reference.layers.tanh import tanh
from tests.support.layer_witness import Z, way_back_is_the_slope


def test_the_way_back_is_the_slope():
    way_back_is_the_slope("tanh", "relu", "linear", "sigmoid", "leaky_relu")


def test_it_is_odd_and_doubles_as_it_should():
    t = tanh(Z)
    np.testing.assert_array_equal(tanh(-Z), -t)
    np.testing.assert_allclose(tanh(2 * Z), 2 * t / (1 + t * t), atol=1e-15)  # a few roundings of numbers below 1
