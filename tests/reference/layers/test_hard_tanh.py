"""Witnesses of hard tanh: the complex step, its kinks, and a model of Keras's."""

import numpy as np

from reference.layers.hard_tanh import hard_tanh, hard_tanh_backward, hard_tanh_slope
from tests.support.layer_witness import Z, way_back_is_the_slope


def test_the_way_back_is_the_slope():
    way_back_is_the_slope("hard_tanh", "relu", "linear", "tanh", "hard_sigmoid")


def test_it_is_odd_and_cut_to_1():
    np.testing.assert_array_equal(hard_tanh(-Z), -hard_tanh(Z))
    np.testing.assert_array_equal(hard_tanh(Z), (np.abs(Z + 1) - np.abs(Z - 1)) / 2)  # exact: Z is in 64ths


def test_at_its_kinks_the_slope_is_1():
    ends = np.array([-1000.0, -1 - 1e-9, -1.0, 1.0, 1 + 1e-9, 1000.0])
    assert hard_tanh(ends).tolist() == [-1, -1, -1, 1, 1, 1]
    assert hard_tanh_slope(ends).tolist() == hard_tanh_backward(np.ones(6), ends).tolist() == [0, 0, 1, 1, 0, 0]
