"""Witnesses of ReLU6: the complex step, its corners, and a model of Keras's."""

import numpy as np

from reference.layers import activation_named
from reference.layers.relu import relu
from reference.network import chain
from tests.support.layer_witness import way_back_is_the_slope
from tests.support.simulate import altered, simulate
from verify.compare.walk import compare

X = 10 * np.random.default_rng(1).normal(size=(8, 5))  # some z above 6


def test_the_way_back_is_the_slope():
    way_back_is_the_slope("relu6", "linear", "sigmoid", "leaky_relu")


def test_it_is_flat_below_0_and_above_6():
    own, z = activation_named("relu6"), np.array([-np.inf, -1.0, 0.0, 5.75, 6.0, 7.0, np.inf])
    assert own.function(z).tolist() == [0, 0, 0, 5.75, 6, 6, 6]
    assert own.slope(own.function(z)).tolist() == [False, False, False, True, False, False, False]


def test_a_relu_in_its_place_fails():
    trace = simulate(chain((5, 4, 3), ("relu6", "linear")), loss="mean_squared_error", given={"W1": X[:5, :4]})
    wrong = altered(trace, "step1/A1", relu(trace.tensors["step1/Z1"]))
    assert all(c.passed for c in compare(trace, "backprop", modes=("local",)).comparisons)
    failed = {c.tensor: c.explanation for c in compare(wrong, "backprop", modes=("local",)).comparisons if not c.passed}
    assert "ReLU in place of ReLU6" in failed["A1"]
