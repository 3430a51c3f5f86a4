"""Witnesses of SiLU: the complex step, its limits, and a model of Keras's."""

import numpy as np
import pytest

from reference.layers.silu import silu, silu_slope
from tests.support.layer_witness import Z, way_back_is_the_slope


def test_the_way_back_is_the_slope():
    way_back_is_the_slope("silu", "relu", "linear", "sigmoid", "hard_silu")


def test_it_is_half_of_z_and_of_z_tanh():
    np.testing.assert_allclose(silu(Z), Z / 2 * (1 + np.tanh(Z / 2)), atol=1e-15)  # a few roundings of small numbers
    np.testing.assert_allclose(silu(Z) - silu(-Z), Z, atol=1e-15)


def test_its_limits_and_its_minimum():
    assert silu(np.array([-700.0, 0.0, 700.0])).tolist() == [pytest.approx(0, abs=1e-300), 0.0, 700.0]
    assert silu_slope(np.array([-700.0, 0.0, 700.0])).tolist() == [pytest.approx(0, abs=1e-300), 0.5, 1.0]
    least = np.array([-1.278464542761074])  # where 1 + z + e^z = 0, so that silu(z) = z + 1
    assert silu_slope(least) == pytest.approx(0, abs=1e-15) and silu(least) == pytest.approx(least + 1, abs=1e-15)
