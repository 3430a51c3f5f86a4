"""Witnesses of squareplus: the complex step, published identities, its limits, and a model of Keras's."""

import numpy as np
import pytest

from reference.layers.squareplus import squareplus, squareplus_slope
from tests.support.layer_witness import Z, way_back_is_the_slope


def test_the_way_back_is_the_slope():
    way_back_is_the_slope("squareplus", "relu", "linear", "softplus", "sigmoid")


def test_its_published_values():
    """Barron 2021: it is √b / 2 at 0, its slope there is 1/2, and it comes near to ReLU on both sides."""
    assert squareplus(np.array([-1.5, 0.0, 1.5, 1e9])).tolist() == [0.5, 1.0, 2.0, 1e9]
    assert squareplus_slope(np.array([-1e9, -1.5, 0.0, 1.5, 1e9])).tolist() == [0.0, pytest.approx(0.2), 0.5, 0.8, 1.0]


def test_it_is_the_reciprocal_at_minus_z():
    np.testing.assert_allclose(squareplus(Z) * squareplus(-Z), np.ones(Z.shape), rtol=1e-14)
    np.testing.assert_allclose(squareplus(Z) - squareplus(-Z), Z, rtol=1e-13)
