"""Witnesses of GELU: central differences, its limits, published values, and a model of Keras's."""

import math
from fractions import Fraction

import numpy as np
import pytest

from reference.layers.gelu import GELU, gelu, gelu_backward, gelu_slope
from tests.support.layer_witness import G, Z
from verify.derive.rational_functions import erfc


def test_the_way_back_is_the_slope():
    h = 1e-5
    slopes = G * (gelu(Z + h) - gelu(Z - h)) / (2 * h)
    np.testing.assert_allclose(gelu_backward(G, Z), slopes, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(G * GELU().slope(Z), slopes, rtol=1e-8, atol=1e-9)
    assert np.max(np.abs(G * (Z > 0) - slopes)) > 1e-3


def test_published_values():
    """PyTorch's and TensorFlow's own tests: gelu(1) = 0.8413447, gelu(-1) = -0.1586553, gelu(2) = 1.9544997."""
    np.testing.assert_allclose(gelu(np.array([1.0, -1.0, 2.0])), [0.8413447, -0.1586553, 1.9544997], atol=5e-8)


def test_the_root_of_2_is_that_of_tensorflow():
    z = np.linspace(-4, 4, 1001)
    exact = z / 2 * (1 + np.array([math.erf(x / math.sqrt(2)) for x in z]))
    assert 1e-9 < np.max(np.abs(gelu(z) - exact)) < 6e-9


def test_its_limits():
    assert gelu(np.array([0.0, 50.0, -50.0])).tolist() == [0.0, 50.0, 0.0]
    assert gelu_slope(np.array([0.0, 50.0, -50.0])).tolist() == [0.5, 1.0, 0.0]


@pytest.mark.parametrize("x", [1e-20, 0.25, -1.0, 2.0, 5.0, 26.0, -30.0])
def test_1_less_the_exact_error_function(x):
    value, exact = erfc(Fraction(x), 80)
    assert not exact and math.isclose(float(value), math.erfc(x), rel_tol=4e-16)
    more, _ = erfc(Fraction(x), 200)
    assert abs(value - more) <= abs(more) / 2**78
    assert erfc(Fraction(0), 80) == (1, True)
