"""Witnesses of ReLU: the complex step, and what is known of it at single numbers."""

import numpy as np
import pytest

from reference.layers import activation_named
from reference.layers.relu import ReLU, relu, relu_slope
from tests.support.layer_witness import Z, keras_model_passes, way_back_is_the_slope

OPTIONS = [
    "relu(max_value=1.5)",
    "relu(max_value=6.0)",
    "relu(threshold=0.5)",
    "relu(negative_slope=0.25, threshold=0.5)",
    "relu(max_value=1.5, negative_slope=0.25)",
    "relu(max_value=1.5, negative_slope=0.25, threshold=0.5)",
    "relu(max_value=0.25, negative_slope=0.25, threshold=0.5)",
]


def test_the_way_back_is_the_slope():
    way_back_is_the_slope("relu", "linear", "sigmoid", "tanh", "leaky_relu")


def test_at_the_kink():
    assert relu(np.array([-1.0, 0.0, 2.0])).tolist() == [0, 0, 2]
    assert relu_slope(np.array([-1.0, 0.0, 2.0])).tolist() == [False, False, True]


@pytest.mark.parametrize("text", OPTIONS)
def test_the_way_back_with_options_is_the_slope(text):
    way_back_is_the_slope(text, "linear", "tanh", "relu(max_value=0.125)", "relu(threshold=2.0)")


@pytest.mark.parametrize("text", OPTIONS)
def test_each_number_with_options(text):
    """Keras's documentation of ReLU: the largest value, z, or the slope times z - threshold."""
    own = activation_named(text)
    most = float("inf") if own.max_value is None else own.max_value
    for z, a in zip(Z.ravel(), own.function(Z).ravel(), strict=True):
        above = z > own.threshold
        assert a == (min(z, most) if above else own.negative_slope * (z - own.threshold))


def test_examples_of_keras():
    """Keras's documentation of `relu`: of (-10, -5, 0, 5, 10)."""
    x = np.array([-10.0, -5, 0, 5, 10])
    assert ReLU(max_value=5.0).function(x).tolist() == [0, 0, 0, 5, 5]
    assert ReLU(threshold=5.0).function(x).tolist() == [0, 0, 0, 0, 10]
    assert ReLU(max_value=10.0, negative_slope=0.5).function(x).tolist() == [-5, -2.5, 0, 5, 10]


@pytest.mark.parametrize("text", [*OPTIONS, "relu(max_value=0.0)"])
def test_tensorflow_has_its_slopes_at_the_kinks(text):
    tf, keras = pytest.importorskip("tensorflow"), pytest.importorskip("keras")
    own = activation_named(text)
    at = tf.constant([0.0, 0.25, 0.5, 1.5, 6.0, -0.5, 7.0, 1.0], tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(at)
        A = keras.activations.relu(at, own.negative_slope, own.max_value, own.threshold)
    assert A.numpy().tolist() == own.function(at.numpy()).tolist()
    assert tape.gradient(A, at).numpy().tolist() == own.slope(at.numpy()).tolist()


def test_keras_rounds_one_of_the_two_thresholds_to_float32():
    """So a z between 0.1 and its float32 number passes as it is, and is bent as well."""
    keras = pytest.importorskip("keras")
    at = np.array([0.1, 0.1 + 1e-9, float(np.float32(0.1)), 0.2])
    own = ReLU(threshold=0.1, negative_slope=0.5)
    found = keras.activations.relu(at, threshold=0.1, negative_slope=0.5).numpy()
    np.testing.assert_allclose(own.function(at), found, rtol=0, atol=1e-24)
    assert own.function(at)[1] != 0.1 + 1e-9


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("text", [OPTIONS[2], OPTIONS[-2], "relu(max_value=0.5)"])
def test_a_model_with_options_passes(text, dtype, jit):
    keras_model_passes(text, dtype, jit, 3 * np.random.default_rng(0).normal(size=(8, 5)))


@pytest.mark.parametrize(
    ("name", "value"), [("max_value", -1.0), ("threshold", -0.5), ("negative_slope", float("inf")), ("threshold", 1)]
)
def test_options_that_keras_does_not_have_are_refused(name, value):
    with pytest.raises(ValueError, match=name):
        ReLU(**{name: value})
