"""Witnesses of CELU: the complex step, its limits, TensorFlow's slope at 0, and a model of Keras's."""

import numpy as np
import pytest

from reference.layers.celu import celu, celu_backward, celu_slope
from reference.layers.relu import relu
from reference.network import chain
from tests.support.layer_witness import Z, way_back_is_the_slope
from tests.support.simulate import altered, simulate
from verify.compare.walk import compare


def failures(trace):
    """Return the explanation of each tensor that does not pass."""
    return {c.tensor: c.explanation for c in compare(trace, "backprop", modes=("local",)).comparisons if not c.passed}


def test_the_way_back_is_the_slope():
    way_back_is_the_slope("celu", "relu", "linear", "leaky_relu")


def test_it_is_expm1_below_0():
    np.testing.assert_allclose(celu(Z)[Z < 0], np.expm1(Z[Z < 0]), rtol=1e-15)
    assert celu(np.array([0.0, 3.0, -1000.0])).tolist() == [0.0, 3.0, -1.0]


def test_its_slope_has_no_jump_at_0():
    assert celu_slope(np.array([-1e-300, 0.0, 1e-300])).tolist() == [1.0, 1.0, 1.0]


def test_a_relu_in_its_place_fails():
    trace = simulate(chain((5, 4, 3), ("celu", "linear")), loss="mean_squared_error")
    assert not failures(trace)
    wrong = altered(trace, "step1/A1", relu(trace.tensors["step1/Z1"]))
    assert "ReLU in place of CELU" in failures(wrong)["A1"]


def test_the_slope_of_tensorflow_at_0_fails_and_is_named():
    """Keras adds max(z, 0) and e^min(z, 0) - 1. At 0 each of the two has the slope 1 in TensorFlow."""
    tf = pytest.importorskip("tensorflow")
    keras = pytest.importorskip("keras")
    given = {"X": np.outer(np.arange(5) / 4, np.ones(5)), "B1": np.zeros((1, 4))}
    trace = simulate(chain((5, 4, 3), ("celu", "linear")), loss="mean_squared_error", given=given, steps=1)
    dA, z = (trace.tensors[f"step1/{name}"] for name in ("dA1", "Z1"))
    with tf.GradientTape() as tape:
        tape.watch(at := tf.constant(z))
        A = keras.activations.celu(at)
    dZ = tape.gradient(A, at, dA).numpy()
    assert np.array_equal(dZ[0], 2 * celu_backward(dA, z)[0])
    assert "at 0 twice the slope (TensorFlow)" in failures(altered(trace, "step1/dZ1", dZ))["dZ1"]
