"""Witnesses of GELU: central differences, its limits, published values, and a model of Keras's."""

import math
from fractions import Fraction

import numpy as np
import pytest

from reference.layers.gelu import CUBIC, GELU, gelu, gelu_backward, gelu_by_tanh, gelu_by_tanh_backward, gelu_slope
from tests.support.layer_witness import G, Z, keras_model_passes, way_back_is_the_slope
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


def test_the_way_back_of_the_approximation_is_the_slope():
    """Complex numbers have no magnitude with a complex step, so the magnitude of z is that of its real part."""
    way_back_is_the_slope("gelu(approximate=True)", "relu", "silu", "tanh")
    slopes = np.array([(G * gelu_by_tanh(Z + 1j * 1e-30)).imag / 1e-30])[0]
    np.testing.assert_allclose(gelu_by_tanh_backward(G, Z), slopes, rtol=1e-13, atol=1e-15)


def test_published_values_of_the_approximation():
    """TensorFlow's own test of an approximate gelu: of -2, -1, 0, 1, 3 (its documentation)."""
    published = [-0.04540229, -0.158808, 0.0, 0.841192, 2.9963627]
    np.testing.assert_allclose(gelu_by_tanh(np.array([-2.0, -1.0, 0.0, 1.0, 3.0])), published, atol=5e-8)
    z = np.linspace(-5, 5, 1001)
    assert 1e-4 < np.max(np.abs(gelu_by_tanh(z) - gelu(z))) < 5e-4  # Hendrycks & Gimpel: close, but another function


def test_a_constant_of_the_approximation_is_that_of_tensorflow():
    tf = pytest.importorskip("tensorflow")
    z = np.linspace(-4, 4, 1001)
    right = z / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3)))
    found = tf.nn.gelu(tf.constant(z), approximate=True).numpy()
    assert np.max(np.abs(gelu_by_tanh(z) - found)) < 1e-15 < 1e-10 < np.max(np.abs(right - found))
    assert float(np.float32(0.044715)) == CUBIC


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_model_with_the_approximation_passes(dtype, jit):
    keras_model_passes("gelu(approximate=True)", dtype, jit, 3 * np.random.default_rng(0).normal(size=(8, 5)))


@pytest.mark.parametrize("approximate", [1, None, "True"])
def test_an_option_that_is_none_is_refused(approximate):
    with pytest.raises(ValueError, match="True or False"):
        GELU(approximate)


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
