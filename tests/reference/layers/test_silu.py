"""Witnesses of SiLU: the complex step, its limits, and a model of Keras's."""

from dataclasses import replace

import numpy as np
import pytest

from reference.layers.hard_silu import HardSiLU
from reference.layers.silu import silu, silu_slope
from reference.network import Network, chain
from tests.support.layer_witness import Z, way_back_is_the_slope
from tests.support.simulate import simulate
from tests.support.witness import dyadic
from verify.derive.case import DerivedStep
from verify.derive.derivation import explain


def test_the_way_back_is_the_slope():
    way_back_is_the_slope("silu", "relu", "linear", "sigmoid", "hard_silu")


def test_it_is_half_of_z_and_of_z_tanh():
    np.testing.assert_allclose(silu(Z), Z / 2 * (1 + np.tanh(Z / 2)), atol=1e-15)  # a few roundings of small numbers
    np.testing.assert_allclose(silu(Z) - silu(-Z), Z, atol=1e-15)


def test_its_limits_and_its_minimum():
    assert silu(np.array([-700.0, 0.0, 700.0])).tolist() == [pytest.approx(0, abs=1e-300), 0.0, 700.0]
    assert silu_slope(np.array([-700.0, 0.0, 700.0])).tolist() == [pytest.approx(0, abs=1e-300), 0.5, 1.0]
    least = np.array([-1.278464542761074])  # where 1 + z + e^z = 0, so that silu(z) = z + 1
    assert silu_slope(least) == pytest.approx(0, abs=1e-15) and silu(least) == pytest.approx(least + 1, abs=1e-15)


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
        layer = keras.layers.Activation("swish")
        parts = [keras.layers.Dense(5, "silu"), keras.layers.Dense(4), layer, keras.layers.Dense(3)]
        model = keras.Sequential([keras.Input((6,)), *parts])
        model.compile(optimizer="adam", loss="mean_squared_error", jit_compile=jit)
        rng = np.random.default_rng(0)
        batch = 3 * rng.normal(size=(8, 6)).astype(dtype), rng.normal(size=(8, 3)).astype(dtype)
        held = capture_user_model(model, [batch, batch], None, None, False, "backprop")
    finally:
        use_precision("float32")
    found = compare(held, "backprop", modes=("local",)).comparisons
    assert all(c.passed for c in found) and held.network.activations == ("silu", "silu", "linear")
    other = [replace(n, layer=HardSiLU()) if k == 4 else n for k, n in enumerate(held.network.nodes)]
    wrong = Trace(held.settings, Network(tuple(other)), held.environment, held.tensors)
    failed = {c.tensor for c in compare(wrong, "backprop", modes=("local",)).comparisons if not c.passed}
    assert {"A2", "dZ2"} <= failed and not failed & {"A1", "dZ1"}


def test_every_number_of_it_is_explained():
    network = chain((6, 5, 4), ("silu", "silu"))
    trace = simulate(network, loss="mean_squared_error", given={"X": 3 * dyadic(5, 6)})
    case = DerivedStep(trace, 2)
    for tensor in ("A1", "A2", "dZ1", "dZ2"):
        for index in np.ndindex(case.shape(tensor)):
            result = explain(case, tensor, tuple(i + 1 for i in index), why=False)
            assert result.passed and result.steps[0].tensor == tensor, result.headline
