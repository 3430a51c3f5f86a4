"""Witnesses of no activation: the complex step, and what is known of it at single numbers."""

from reference.layers.linear import linear
from tests.support.layer_witness import Z, way_back_is_the_slope


def test_the_way_back_is_the_slope():
    way_back_is_the_slope("linear", "relu", "sigmoid", "tanh", "leaky_relu")
    assert linear(Z) is Z
