"""Witnesses of the hard sigmoid: the complex step, its kinks, and a model of Keras's."""

import numpy as np

from reference.layers.hard_sigmoid import hard_sigmoid, hard_sigmoid_backward, hard_sigmoid_slope
from tests.support.layer_witness import Z, way_back_is_the_slope


def test_the_way_back_is_the_slope():
    way_back_is_the_slope("hard_sigmoid", "relu", "linear", "sigmoid", "hard_silu")


def test_between_its_kinks_it_is_a_line_and_beyond_them_it_is_0_and_1():
    np.testing.assert_allclose(hard_sigmoid(Z), Z / 6 + 0.5, atol=1e-15)  # a few roundings of numbers below 1
    np.testing.assert_allclose(hard_sigmoid(-Z), 1 - hard_sigmoid(Z), atol=1e-15)
    ends = np.array([-1000.0, -3.0, 3.0, 1000.0])
    assert hard_sigmoid(ends).tolist() == [0, 0, 1, 1]
    assert hard_sigmoid_slope(ends).tolist() == hard_sigmoid_backward(ends, ends).tolist() == [0, 0, 0, 0]
    assert (hard_sigmoid_slope(np.array([-3 + 1e-9, 3 - 1e-9])) == 1 / 6).all()
