"""Witnesses of hard shrink: the complex step, its threshold, and a model of Keras's."""

import numpy as np
import pytest

from reference.layers import activation_named
from reference.layers.hard_shrink import hard_shrink, hard_shrink_backward, hard_shrink_slope
from tests.support.layer_witness import Z, keras_model_passes, way_back_is_the_slope

AROUND = np.array([-1000.0, -0.5 - 2**-40, -0.5, -0.5 + 2**-40, 0.0, 0.5 - 2**-40, 0.5, 0.5 + 2**-40, 1000.0])


def test_the_way_back_is_the_slope():
    way_back_is_the_slope("hard_shrink", "relu", "linear", "tanh", "hard_tanh")


def test_it_keeps_what_is_beyond_its_threshold():
    assert np.array_equal(hard_shrink(Z)[np.abs(Z) > 0.5], Z[np.abs(Z) > 0.5])
    assert not hard_shrink(Z)[np.abs(Z) <= 0.5].any()


def test_around_its_threshold():
    assert hard_shrink(AROUND).tolist() == [-1000, -0.5 - 2**-40, 0, 0, 0, 0, 0, 0.5 + 2**-40, 1000]
    slopes = [1, 1, 0, 0, 0, 0, 0, 1, 1]
    assert hard_shrink_slope(AROUND).tolist() == hard_shrink_backward(np.ones(9), AROUND).tolist() == slopes


def test_tensorflow_has_its_slope_at_the_threshold():
    tf = pytest.importorskip("tensorflow")
    keras = pytest.importorskip("keras")
    at = tf.constant(AROUND, tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(at)
        A = keras.activations.hard_shrink(at)
    assert A.numpy().tolist() == hard_shrink(at.numpy()).tolist()
    assert tape.gradient(A, at).numpy().tolist() == hard_shrink_slope(at.numpy()).tolist()


def test_another_threshold():
    """A threshold of t gives t times what a threshold of 1/2 gives of z / (2t), in the same unit."""
    own = activation_named("hard_shrink(threshold=1.0)")
    assert np.array_equal(own.function(Z), 2 * hard_shrink(Z / 2))
    way_back_is_the_slope("hard_shrink(threshold=1.0)", "hard_shrink", "linear")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_model_with_another_threshold_passes(dtype):
    keras_model_passes("hard_shrink(threshold=0.1)", dtype, False, 3 * np.random.default_rng(0).normal(size=(8, 5)))


@pytest.mark.parametrize("text", ["hard_shrink(threshold=-1.0)", "hard_shrink(threshold=1)"])
def test_a_threshold_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match="threshold"):
        activation_named(text)
