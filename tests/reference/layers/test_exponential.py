"""Witnesses of the exponential: the complex step, its sums, and a model of Keras's."""

import numpy as np

from reference.layers import activation_named
from reference.network import chain
from tests.support.layer_witness import Z, way_back_is_the_slope
from tests.support.simulate import altered, simulate
from verify.compare.walk import compare


def test_the_way_back_is_the_slope():
    way_back_is_the_slope("exponential", "linear", "sigmoid", "elu")


def test_a_sum_becomes_a_product():
    own = activation_named("exponential").function
    np.testing.assert_allclose(own(Z + 1), own(Z) * np.e, rtol=1e-14)
    assert own(np.array([0.0, -np.inf, np.log(2.0)])).tolist() == [1.0, 0.0, 2.0]


def test_e_to_the_z_less_1_in_its_place_fails():
    trace = simulate(chain((5, 4, 3), ("exponential", "linear")), loss="mean_squared_error")
    wrong = altered(trace, "step1/A1", np.expm1(trace.tensors["step1/Z1"]))
    assert all(c.passed for c in compare(trace, "backprop", modes=("local",)).comparisons)
    failed = {c.tensor: c.explanation for c in compare(wrong, "backprop", modes=("local",)).comparisons if not c.passed}
    assert "e^z less 1" in failed["A1"]
