"""Witnesses of soft shrink: the complex step, its threshold, and a model of Keras's."""

import numpy as np
import pytest

from reference.layers import activation_named
from reference.layers.soft_shrink import soft_shrink, soft_shrink_backward, soft_shrink_slope
from tests.support.layer_witness import Z, keras_model_passes, way_back_is_the_slope

AROUND = np.array([-1000.0, -0.5 - 2**-40, -0.5, -0.5 + 2**-40, 0.0, 0.5 - 2**-40, 0.5, 0.5 + 2**-40, 1000.0])


def test_the_way_back_is_the_slope():
    way_back_is_the_slope("soft_shrink", "relu", "linear", "tanh", "hard_tanh")


def test_it_is_the_rest_of_a_cut_and_has_the_published_form():
    """Donoho & Johnstone 1994: sign(z) max(|z| - t, 0)."""
    np.testing.assert_array_equal(soft_shrink(Z), Z - np.clip(Z, -0.5, 0.5))  # exact: Z is in 64ths
    np.testing.assert_array_equal(soft_shrink(Z), np.sign(Z) * np.maximum(np.abs(Z) - 0.5, 0))


def test_around_its_threshold():
    assert soft_shrink(AROUND).tolist() == [-999.5, -(2**-40), 0, 0, 0, 0, 0, 2**-40, 999.5]
    slopes = [1, 1, 0, 0, 0, 0, 0, 1, 1]
    assert soft_shrink_slope(AROUND).tolist() == soft_shrink_backward(np.ones(9), AROUND).tolist() == slopes


def test_tensorflow_has_its_slope_at_the_threshold():
    tf = pytest.importorskip("tensorflow")
    keras = pytest.importorskip("keras")
    at = tf.constant(AROUND, tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(at)
        A = keras.activations.soft_shrink(at)
    assert A.numpy().tolist() == soft_shrink(at.numpy()).tolist()
    assert tape.gradient(A, at).numpy().tolist() == soft_shrink_slope(at.numpy()).tolist()


def test_another_threshold():
    """A threshold of t gives t times what a threshold of 1/2 gives of z / (2t), in the same unit."""
    own = activation_named("soft_shrink(threshold=1.0)")
    assert np.array_equal(own.function(Z), 2 * soft_shrink(Z / 2))
    way_back_is_the_slope("soft_shrink(threshold=1.0)", "soft_shrink", "linear")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_model_with_another_threshold_passes(dtype):
    keras_model_passes("soft_shrink(threshold=0.1)", dtype, False, 3 * np.random.default_rng(0).normal(size=(8, 5)))


@pytest.mark.parametrize("text", ["soft_shrink(threshold=-1.0)", "soft_shrink(threshold=1)"])
def test_a_threshold_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match="threshold"):
        activation_named(text)
