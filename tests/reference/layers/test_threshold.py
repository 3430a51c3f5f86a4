"""Witnesses of the threshold: the complex step, both sides of it, and TensorFlow's slope at it."""

import numpy as np
import pytest

from reference.layers import activation_named
from reference.layers.threshold import Threshold
from tests.support.layer_witness import Z, way_back_is_the_slope

TEXTS = ["threshold", "threshold(threshold=0.5, default_value=-2.0)", "threshold(threshold=-1.0)"]


@pytest.mark.parametrize("text", TEXTS)
def test_the_way_back_is_the_slope(text):
    way_back_is_the_slope(text, "linear", "tanh", "threshold(threshold=2.0)")


@pytest.mark.parametrize("text", TEXTS)
def test_each_number(text):
    own = activation_named(text)
    found = own.function(Z)
    for z, a in zip(Z.ravel(), found.ravel(), strict=True):
        assert a == (z if z > own.threshold else own.default_value)


def test_an_example_of_keras():
    """Keras's documentation of `threshold`: of (-1, 0, 1, 2) with the threshold 1 and 0 elsewhere, only 2 is left."""
    own = Threshold(1.0, 0.0)
    assert own.function(np.array([-1.0, 0.0, 1.0, 2.0])).tolist() == [0, 0, 0, 2]


def test_tensorflow_has_its_slope_at_the_threshold_and_does_not_round_its_constants():
    tf, keras = pytest.importorskip("tensorflow"), pytest.importorskip("keras")
    own = Threshold(0.1, 0.7)
    at = tf.constant([0.1, float(np.float32(0.1)), np.nextafter(0.1, 0), 0.3, -1.0], tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(at)
        A = keras.activations.threshold(at, 0.1, 0.7)
    assert A.numpy().tolist() == own.function(at.numpy()).tolist() == [0.7, float(np.float32(0.1)), 0.7, 0.3, 0.7]
    assert tape.gradient(A, at).numpy().tolist() == own.slope(at.numpy()).tolist() == [0, 1, 0, 1, 0]


@pytest.mark.parametrize("words", [{"threshold": 1}, {"default_value": float("nan")}, {"threshold": "a"}])
def test_options_that_are_no_numbers_are_refused(words):
    with pytest.raises(ValueError, match="must be numbers"):
        Threshold(**words)
