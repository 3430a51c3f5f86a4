"""Witnesses of tanh shrink: the complex step, its series, its limits, and a model of Keras's."""

import numpy as np

from reference.layers.tanh_shrink import tanh_shrink, tanh_shrink_backward, tanh_shrink_slope
from tests.support.layer_witness import Z, way_back_is_the_slope


def test_the_way_back_is_the_slope():
    way_back_is_the_slope("tanh_shrink", "relu", "tanh", "linear", "soft_shrink")


def test_near_0_it_is_a_third_of_the_cube():
    small = np.array([-0.01, 0.01])
    np.testing.assert_allclose(tanh_shrink(small), small**3 / 3 - small**5 * (2 / 15), rtol=1e-8)
    np.testing.assert_array_equal(tanh_shrink(-Z), -tanh_shrink(Z))


def test_its_limits():
    ends = np.array([0.0, 800.0, -800.0])
    assert tanh_shrink(ends).tolist() == [0.0, 799.0, -799.0]
    assert tanh_shrink_slope(ends).tolist() == tanh_shrink_backward(np.ones(3), ends).tolist() == [0.0, 1.0, 1.0]
