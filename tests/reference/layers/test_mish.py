"""Witnesses of mish: the complex step, its limits, its least value, and a model of Keras's."""

import numpy as np

from reference.layers.mish import mish
from tests.support.layer_witness import Z, way_back_is_the_slope


def test_the_way_back_is_the_slope():
    way_back_is_the_slope("mish", "relu", "tanh", "softplus")


def test_its_limits_and_its_least_value():
    """Misra 2019: bounded below by about -0.31."""
    assert mish(np.array([0.0, 800.0, -800.0])).tolist() == [0.0, 800.0, 0.0]
    assert abs(mish(np.linspace(-3, 0, 100_001)).min() + 0.30884) < 1e-5


def test_it_is_a_fraction_of_powers_of_e():
    """tanh(ln(1 + e)) = (2e + e²) / (2 + 2e + e²) with e = e^z."""
    e = np.exp(Z)
    np.testing.assert_allclose(mish(Z), Z * (2 * e + e * e) / (2 + 2 * e + e * e), rtol=1e-13)
