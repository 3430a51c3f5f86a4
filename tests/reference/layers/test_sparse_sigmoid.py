"""Witnesses of the sparse sigmoid: the complex step, its kinks, and a model of Keras's."""

import numpy as np
import pytest

from reference.layers.sparse_sigmoid import sparse_sigmoid, sparse_sigmoid_backward, sparse_sigmoid_slope
from reference.network import chain
from tests.support.layer_witness import Z, keras_model_passes, way_back_is_the_slope
from tests.support.simulate import simulate
from tests.support.witness import dyadic
from verify.derive.case import DerivedStep
from verify.derive.derivation import explain

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


def test_every_number_is_explained():
    trace = simulate(
        chain((5, 4, 3), ("sparse_sigmoid", "linear")), loss="mean_squared_error", given={"X": 3 * dyadic(5, 5)}
    )
    case = DerivedStep(trace, 1)
    for i, j in np.ndindex(5, 4):
        assert all(explain(case, name, (i + 1, j + 1)).passed for name in ("A1", "dZ1")), (i, j)


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_model_with_it_passes(dtype, jit):
    keras_model_passes("sparse_sigmoid", dtype, jit)
