"""Helpers of the witnesses of several kinds of layer."""

from dataclasses import fields
from functools import partial

import numpy as np
import pytest

from reference.layers import activation_named
from tests.support.simulate import altered
from tests.support.witness import complex_step, differences, dyadic

N, n = 4, 5
Z, G = dyadic(N, n) + 1 / 64, dyadic(N, n)  # no z at a kink


def apart(found, slopes):
    """The largest difference, in units of the largest slope."""
    return np.max(np.abs(found - slopes)) / np.max(np.abs(slopes))


def slopes_of(text):
    """The slopes of the sum of G f(Z), by the complex step."""
    return differences(complex_step, lambda Z: np.sum(G * activation_named(text).function(Z)), Z)


def back(text, of=None):
    """The way back through an activation, at what another one gave."""
    own, other = activation_named(text), activation_named(of or text)
    return own.back(G, other.function(Z) if own.slope_reads_output else Z)


def way_back_is_the_slope(text, *others):
    """The way back is the slope, and that of these others is not."""
    own, slopes = activation_named(text), slopes_of(text)
    assert apart(back(text), slopes) < 1e-14
    assert apart(G * own.slope(own.function(Z) if own.slope_reads_output else Z), slopes) < 1e-14
    for other in others:
        assert apart(back(other, text), slopes) > 1e-3, other


def function_of(keras, text):
    """Keras's function of the activation that a text describes, with its options."""
    own = activation_named(text)
    function = getattr(keras.activations, own.kind)
    options = {f.name: getattr(own, f.name) for f in fields(own) if getattr(own, f.name) != f.default}
    options |= {"threshold": 0.0, "default_value": 0.0} if text == "threshold" else {}
    return partial(function, **options) if options else text


def keras_model_passes(text, dtype, jit, X):
    """Check that a Keras model with this activation, in a Dense and as a layer, passes; with wrong numbers it fails."""
    keras = pytest.importorskip("keras")
    from verify.capture.essay_model import use_precision
    from verify.cli.capturing import capture_user_model
    from verify.compare.walk import compare

    keras.utils.set_random_seed(3)
    rng = np.random.default_rng(0)
    function, own = function_of(keras, text), text.partition("(")[0]
    try:
        use_precision(dtype)
        parts = [keras.layers.Dense(7, function), keras.layers.Dense(6), keras.layers.Activation(function)]
        model = keras.Sequential([keras.Input((5,)), *parts, keras.layers.Dense(3)])
        model.compile(optimizer="adam", loss="mean_squared_error", jit_compile=jit)
        batch = X.astype(dtype), rng.normal(size=(len(X), 3)).astype(dtype)
        trace = capture_user_model(model, [batch, batch])
    finally:
        use_precision("float32")
    comparisons = compare(trace, "backprop", modes=("local",)).comparisons
    failed = [c for c in comparisons if not c.passed]
    assert not failed and [a.partition("(")[0] for a in trace.network.activations[:2]] == [own, own], failed[:2]
    for tensor in ("A1", "dZ2"):
        name = f"step1/{tensor}"
        wrong = altered(trace, name, trace.tensors[name] * np.array(1.001, dtype))
        assert any(
            c.tensor == tensor and not c.passed for c in compare(wrong, "backprop", modes=("local",)).comparisons
        )
