"""Witnesses of ELU: the complex step, its limits, and a model of Keras's."""

from dataclasses import replace

import numpy as np
import pytest

from reference.layers import activation_named
from reference.layers.elu import ELU
from reference.network import Network
from tests.support.layer_witness import Z, way_back_is_the_slope

KINDS = ("elu", "elu(alpha=0.5)", "elu(alpha=2.0)")


@pytest.mark.parametrize("text", KINDS)
def test_the_way_back_is_the_slope(text):
    way_back_is_the_slope(text, "relu", "linear", "leaky_relu", *({"elu(alpha=0.25)"} - {text}))


@pytest.mark.parametrize("text", KINDS)
def test_above_0_it_is_the_number_itself_and_below_it_does_not_pass_alpha(text):
    own = activation_named(text)
    assert np.array_equal(own.function(Z)[Z > 0], Z[Z > 0])
    np.testing.assert_allclose(own.function(Z)[Z < 0], own.alpha * np.expm1(Z[Z < 0]), rtol=1e-14)
    assert own.function(np.array([-1000.0, 0.0])).tolist() == [-own.alpha, 0.0]


@pytest.mark.parametrize("alpha", [0.0, -1.0, float("inf"), float("nan"), 1])
def test_an_alpha_that_is_none_is_refused(alpha):
    with pytest.raises(ValueError, match="α"):
        ELU(alpha)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("words", [{}, {"alpha": 0.5}])
def test_a_model_with_it_passes_and_with_another_alpha_it_does_not(words, dtype):
    keras = pytest.importorskip("keras")
    from verify.capture.essay_model import use_precision
    from verify.cli.capturing import capture_user_model
    from verify.compare.walk import compare
    from verify.records.trace import Trace

    keras.utils.set_random_seed(3)
    try:
        use_precision(dtype)
        parts = [keras.layers.Dense(5, "elu"), keras.layers.Dense(4), keras.layers.ELU(**words), keras.layers.Dense(3)]
        model = keras.Sequential([keras.Input((6,)), *parts])
        model.compile(optimizer="adam", loss="mean_squared_error", jit_compile=False)
        rng = np.random.default_rng(0)
        batch = rng.normal(size=(8, 6)).astype(dtype), rng.normal(size=(8, 3)).astype(dtype)
        held = capture_user_model(model, [batch, batch], None, None, False, "backprop")
    finally:
        use_precision("float32")
    found = compare(held, "backprop", modes=("local",)).comparisons
    assert all(c.passed for c in found) and str(ELU(**words)) in held.network.activations
    alpha = held.network.nodes[4].layer.alpha
    other = [replace(n, layer=ELU(alpha * 0.999)) if k == 4 else n for k, n in enumerate(held.network.nodes)]
    wrong = Trace(held.settings, Network(tuple(other)), held.environment, held.tensors)
    failed = {c.tensor for c in compare(wrong, "backprop", modes=("local",)).comparisons if not c.passed}
    assert {"A2", "dZ2"} <= failed
