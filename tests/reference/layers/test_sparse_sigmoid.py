"""Witnesses of the sparse sigmoid: the complex step, its kinks, and a model of Keras's."""

import numpy as np
import pytest

from reference.layers.sparse_sigmoid import sparse_sigmoid, sparse_sigmoid_backward, sparse_sigmoid_slope
from tests.support.layer_witness import Z, way_back_is_the_slope

AROUND = np.array([-1000.0, -1 - 2**-40, -1.0, -0.5, 0.0, 0.5, 1.0, 1 + 2**-40, 1000.0])


def test_the_way_back_is_the_slope():
    way_back_is_the_slope("sparse_sigmoid", "relu", "linear", "sigmoid", "hard_sigmoid")


def test_it_is_a_line_between_its_kinks():
    np.testing.assert_array_equal(sparse_sigmoid(Z), np.clip((Z + 1) / 2, 0, 1))  # exact: Z is in 64ths
    assert sparse_sigmoid(AROUND).tolist() == [0, 0, 0, 0.25, 0.5, 0.75, 1, 1, 1]


def test_at_its_kinks_the_slope_is_0():
    slopes = [0, 0, 0, 0.5, 0.5, 0.5, 0, 0, 0]
    assert sparse_sigmoid_slope(AROUND).tolist() == sparse_sigmoid_backward(np.ones(9), AROUND).tolist() == slopes


def test_tensorflow_has_its_slope_at_the_kinks():
    tf = pytest.importorskip("tensorflow")
    keras = pytest.importorskip("keras")
    at = tf.constant(AROUND, tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(at)
        A = keras.activations.sparse_sigmoid(at)
    assert A.numpy().tolist() == sparse_sigmoid(at.numpy()).tolist()
    assert tape.gradient(A, at).numpy().tolist() == sparse_sigmoid_slope(at.numpy()).tolist()
