"""Witnesses of leaky ReLU: the complex step, and what is known of it at single numbers."""

import numpy as np
import pytest

from reference.layers import activation_named
from tests.support.layer_witness import way_back_is_the_slope


@pytest.mark.parametrize("text", ["leaky_relu", "leaky_relu(negative_slope=0.01)"])
def test_the_way_back_is_the_slope(text):
    way_back_is_the_slope(text, "relu", "linear", "leaky_relu(negative_slope=0.5)")


@pytest.mark.parametrize(("text", "below"), [("leaky_relu", 0.2), ("leaky_relu(negative_slope=0.01)", 0.01)])
def test_at_the_kink_the_slope_is_that_from_below(text, below):
    own = activation_named(text)
    from_below = (own.function(np.zeros((1, 1))) - own.function(np.full((1, 1), -1e-6))) / 1e-6
    assert own.slope(np.zeros((1, 1))) == below == pytest.approx(from_below[0, 0], abs=1e-15)
