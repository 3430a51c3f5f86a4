"""Witnesses of soft shrink: the complex step, its threshold, and a model of Keras's."""

import numpy as np
import pytest

from reference.layers.soft_shrink import soft_shrink, soft_shrink_backward, soft_shrink_slope
from reference.network import chain
from tests.support.layer_witness import Z, keras_model_passes, way_back_is_the_slope
from tests.support.simulate import simulate
from tests.support.witness import dyadic
from verify.derive.case import DerivedStep
from verify.derive.derivation import explain

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


def test_every_number_is_explained():
    trace = simulate(
        chain((5, 4, 3), ("soft_shrink", "linear")), loss="mean_squared_error", given={"X": 3 * dyadic(5, 5)}
    )
    case = DerivedStep(trace, 1)
    for i, j in np.ndindex(5, 4):
        assert all(explain(case, name, (i + 1, j + 1)).passed for name in ("A1", "dZ1")), (i, j)


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_model_with_it_passes(dtype, jit):
    keras_model_passes("soft_shrink", dtype, jit)
