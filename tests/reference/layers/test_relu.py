"""Witnesses of ReLU: the complex step, and what is known of it at single numbers."""

import numpy as np

from reference.layers.relu import relu, relu_slope
from tests.support.layer_witness import way_back_is_the_slope


def test_the_way_back_is_the_slope():
    way_back_is_the_slope("relu", "linear", "sigmoid", "tanh", "leaky_relu")


def test_at_the_kink():
    assert relu(np.array([-1.0, 0.0, 2.0])).tolist() == [0, 0, 2]
    assert relu_slope(np.array([-1.0, 0.0, 2.0])).tolist() == [False, False, True]
