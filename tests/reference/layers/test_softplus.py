"""Witnesses of softplus: the complex step, its limits, an identity, and a model of Keras's."""

import numpy as np

from reference.layers.softplus import softplus
from tests.support.layer_witness import Z, way_back_is_the_slope


def test_the_way_back_is_the_slope():
    way_back_is_the_slope("softplus", "relu", "sigmoid", "linear")


def test_it_is_z_more_than_at_minus_z():
    np.testing.assert_allclose(softplus(Z) - softplus(-Z), Z, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(softplus(Z), np.logaddexp(0, Z), rtol=1e-14)


def test_its_limits():
    assert softplus(np.array([0.0, 800.0, -800.0])).tolist() == [np.log(2), 800.0, 0.0]
