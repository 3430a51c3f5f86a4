"""Witnesses of the logarithm of the sigmoid: the complex step, an identity, its limits, and a model of Keras's."""

import numpy as np

from reference.layers.log_sigmoid import log_sigmoid, log_sigmoid_slope
from reference.layers.sigmoid import sigmoid
from tests.support.layer_witness import Z, way_back_is_the_slope


def test_the_way_back_is_the_slope():
    way_back_is_the_slope("log_sigmoid", "relu", "sigmoid", "softplus", "linear")


def test_it_is_the_logarithm_of_the_sigmoid():
    np.testing.assert_allclose(log_sigmoid(Z), np.log(sigmoid(Z)), rtol=1e-14)
    np.testing.assert_allclose(log_sigmoid(Z) - log_sigmoid(-Z), Z, rtol=1e-12, atol=1e-14)


def test_its_limits():
    assert log_sigmoid(np.array([0.0, 800.0, -800.0])).tolist() == [-np.log(2), 0.0, -800.0]
    with np.errstate(over="ignore"):
        assert log_sigmoid_slope(np.array([0.0, 800.0, -800.0])).tolist() == [0.5, 0.0, 1.0]
