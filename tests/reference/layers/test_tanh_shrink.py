"""Witnesses of tanh shrink: the complex step, its series, its limits, and a model of Keras's."""

import numpy as np
import pytest

from reference.layers.tanh_shrink import tanh_shrink, tanh_shrink_backward, tanh_shrink_slope
from reference.network import chain
from tests.support.layer_witness import Z, keras_model_passes, way_back_is_the_slope
from tests.support.simulate import simulate
from tests.support.witness import dyadic
from verify.derive.case import DerivedStep
from verify.derive.derivation import explain


def test_the_way_back_is_the_slope():
    way_back_is_the_slope("tanh_shrink", "relu", "tanh", "linear", "soft_shrink")


def test_near_0_it_is_a_third_of_the_cube():
    small = np.array([-0.01, 0.01])
    np.testing.assert_allclose(tanh_shrink(small), small**3 / 3 - small**5 * (2 / 15), rtol=1e-8)
    np.testing.assert_array_equal(tanh_shrink(-Z), -tanh_shrink(Z))


def test_its_limits():
    ends = np.array([0.0, 800.0, -800.0])
    assert tanh_shrink(ends).tolist() == [0.0, 799.0, -799.0]
    assert tanh_shrink_slope(ends).tolist() == tanh_shrink_backward(np.ones(3), ends).tolist() == [0.0, 1.0, 1.0]


def test_every_number_is_explained():
    trace = simulate(
        chain((5, 4, 3), ("tanh_shrink", "linear")), loss="mean_squared_error", given={"X": 3 * dyadic(5, 5)}
    )
    case = DerivedStep(trace, 1)
    for i, j in np.ndindex(5, 4):
        assert all(explain(case, name, (i + 1, j + 1)).passed for name in ("A1", "dZ1")), (i, j)


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_model_with_it_passes(dtype, jit):
    keras_model_passes("tanh_shrink", dtype, jit)
