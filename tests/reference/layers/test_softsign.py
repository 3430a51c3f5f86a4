"""Witnesses of softsign: the complex step, its symmetry and limits, and a model of Keras's."""

import numpy as np

from reference.layers.softsign import softsign, softsign_slope
from reference.network import chain
from tests.support.layer_witness import Z, way_back_is_the_slope
from tests.support.simulate import altered, simulate
from verify.compare.walk import compare


def test_the_way_back_is_the_slope():
    way_back_is_the_slope("softsign", "linear", "sigmoid", "relu")


def test_it_is_odd_and_ends_at_1():
    np.testing.assert_array_equal(softsign(-Z), -softsign(Z))
    assert softsign(np.array([0.0, 1.0, -3.0, 1e30])).tolist() == [0.0, 0.5, -0.75, 1.0]
    np.testing.assert_allclose(softsign_slope(Z), (1 - np.abs(softsign(Z))) ** 2, rtol=1e-14)


def test_a_tanh_in_its_place_fails():
    trace = simulate(chain((5, 4, 3), ("softsign", "linear")), loss="mean_squared_error")
    wrong = altered(trace, "step1/A1", np.tanh(trace.tensors["step1/Z1"]))
    assert all(c.passed for c in compare(trace, "backprop", modes=("local",)).comparisons)
    failed = {c.tensor: c.explanation for c in compare(wrong, "backprop", modes=("local",)).comparisons if not c.passed}
    assert "tanh in place of softsign" in failed["A1"]
