"""Witnesses of hard tanh: the complex step, its kinks, and a model of Keras's."""

from dataclasses import replace

import numpy as np
import pytest

from reference.layers.hard_tanh import hard_tanh, hard_tanh_backward, hard_tanh_slope
from reference.layers.tanh import Tanh
from reference.network import Network, chain
from tests.support.layer_witness import Z, way_back_is_the_slope
from tests.support.simulate import simulate
from tests.support.witness import dyadic
from verify.derive.case import DerivedStep
from verify.derive.derivation import explain


def test_the_way_back_is_the_slope():
    way_back_is_the_slope("hard_tanh", "relu", "linear", "tanh", "hard_sigmoid")


def test_it_is_odd_and_cut_to_1():
    np.testing.assert_array_equal(hard_tanh(-Z), -hard_tanh(Z))
    np.testing.assert_array_equal(hard_tanh(Z), (np.abs(Z + 1) - np.abs(Z - 1)) / 2)  # exact: Z is in 64ths


def test_at_its_kinks_the_slope_is_1():
    ends = np.array([-1000.0, -1 - 1e-9, -1.0, 1.0, 1 + 1e-9, 1000.0])
    assert hard_tanh(ends).tolist() == [-1, -1, -1, 1, 1, 1]
    assert hard_tanh_slope(ends).tolist() == hard_tanh_backward(np.ones(6), ends).tolist() == [0, 0, 1, 1, 0, 0]


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_model_with_it_passes_and_with_another_it_does_not(dtype, jit):
    keras = pytest.importorskip("keras")
    from verify.capture.essay_model import use_precision
    from verify.cli.capturing import capture_user_model
    from verify.compare.walk import compare
    from verify.records.trace import Trace

    keras.utils.set_random_seed(3)
    try:
        use_precision(dtype)
        layer = keras.layers.Activation("hard_tanh")
        parts = [keras.layers.Dense(5, "hard_tanh"), keras.layers.Dense(4), layer, keras.layers.Dense(3)]
        model = keras.Sequential([keras.Input((6,)), *parts])
        model.compile(optimizer="adam", loss="mean_squared_error", jit_compile=jit)
        rng = np.random.default_rng(0)
        batch = 3 * rng.normal(size=(8, 6)).astype(dtype), rng.normal(size=(8, 3)).astype(dtype)
        held = capture_user_model(model, [batch, batch], None, None, False, "backprop")
    finally:
        use_precision("float32")
    found = compare(held, "backprop", modes=("local",)).comparisons
    assert all(c.passed for c in found) and held.network.activations == ("hard_tanh", "hard_tanh", "linear")
    other = [replace(n, layer=Tanh()) if k == 4 else n for k, n in enumerate(held.network.nodes)]
    wrong = Trace(held.settings, Network(tuple(other)), held.environment, held.tensors)
    failed = {c.tensor for c in compare(wrong, "backprop", modes=("local",)).comparisons if not c.passed}
    assert {"A2", "dZ2"} <= failed and not failed & {"A1", "dZ1"}


def test_every_number_of_it_is_explained():
    network = chain((6, 5, 4), ("hard_tanh", "hard_tanh"))
    trace = simulate(network, loss="mean_squared_error", given={"X": 3 * dyadic(5, 6)})
    case = DerivedStep(trace, 2)
    for tensor in ("A1", "A2", "dZ1", "dZ2"):
        for index in np.ndindex(case.shape(tensor)):
            result = explain(case, tensor, tuple(i + 1 for i in index), why=False)
            assert result.passed and result.steps[0].tensor == tensor, result.headline
