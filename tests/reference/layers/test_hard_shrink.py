"""Witnesses of hard shrink: the complex step, its threshold, and a model of Keras's."""

import numpy as np
import pytest

from reference.layers.hard_shrink import hard_shrink, hard_shrink_backward, hard_shrink_slope
from reference.network import chain
from tests.support.layer_witness import Z, keras_model_passes, way_back_is_the_slope
from tests.support.simulate import simulate
from tests.support.witness import dyadic
from verify.derive.case import DerivedStep
from verify.derive.derivation import explain

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


def test_every_number_is_explained():
    trace = simulate(
        chain((5, 4, 3), ("hard_shrink", "linear")), loss="mean_squared_error", given={"X": 3 * dyadic(5, 5)}
    )
    case = DerivedStep(trace, 1)
    for i, j in np.ndindex(5, 4):
        assert all(explain(case, name, (i + 1, j + 1)).passed for name in ("A1", "dZ1")), (i, j)


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_model_with_it_passes(dtype, jit):
    keras_model_passes("hard_shrink", dtype, jit)
