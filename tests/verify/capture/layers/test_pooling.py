"""Keras's pooling layers in small models: windows, equal numbers, padding, both precisions, with and without XLA."""

import keras
import numpy as np
import pytest

import verify
from reference.rules import rules
from tests.support.small_models import single_precision as single_precision
from verify.errors import Unsupported, Unverifiable
from verify.records.settings import OPTIMIZERS

L = keras.layers
OPTIONS = {
    "windows": ((7, 6, 2), lambda: L.MaxPooling2D(3, 2, "same")),
    "one column at the end": ((6, 8, 2), lambda: L.MaxPooling2D((3, 3), (2, 2), "same")),
    "windows that overlap": ((5, 5, 1), lambda: L.MaxPooling2D((2, 3), 1)),
    "means": ((7, 6, 2), lambda: L.AveragePooling2D(3, 2, "same")),
    "means that overlap": ((5, 4, 2), lambda: L.AveragePooling2D(2, 1, "same")),
    "a row": ((9, 2), lambda: L.MaxPooling1D(2, 3, "same")),
    "means of a row": ((9, 2), lambda: L.AveragePooling1D(3)),
    "all": ((4, 5, 3), lambda: L.GlobalAveragePooling2D()),
    "the largest of all": ((4, 5, 3), lambda: L.GlobalMaxPooling2D(keepdims=True)),
    "all of a row": ((6, 2), lambda: L.GlobalMaxPooling1D()),
}
HOW = ({"jit_compile": False}, {"jit_compile": True}, {"run_eagerly": True})


def model(make, shape, dtype="float32", **how):
    """A model in which many numbers of the layer's input are equal: whole weights, whole numbers, ReLU."""
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)
    keras.utils.set_random_seed(1)

    def whole(shape, dtype=None):
        return keras.ops.cast(keras.ops.round(2 * keras.random.normal(shape, seed=1)), dtype)

    first = L.Dense(3, "relu", kernel_initializer=whole)
    net = keras.Sequential([keras.Input(shape), first, make(), L.Flatten(), L.Dense(3, "softmax")])
    net.compile("adam", "categorical_crossentropy", **{"jit_compile": False, **how})
    rng = np.random.default_rng(2)
    x = rng.integers(0, 3, size=(8, *shape)).astype(dtype)
    return net, x, np.eye(3, dtype=dtype)[rng.integers(0, 3, 8)]


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_it_passes(name, dtype):
    shape, made = OPTIONS[name]
    for how in HOW if dtype == "float32" else HOW[1:2]:
        checked = verify.check(*model(made, shape, dtype, **how), steps=2)
        assert checked.passed, (how, checked.headline)


@pytest.mark.parametrize("kind", [L.MaxPooling2D, L.AveragePooling2D, L.GlobalAveragePooling2D, L.GlobalMaxPooling2D])
def test_a_layer_that_pools_something_else_is_noticed(kind, monkeypatch):
    own = kind.call
    monkeypatch.setattr(kind, "call", lambda self, x: own(self, x * 1.001))
    for how in HOW:
        try:
            assert not verify.check(
                *model(lambda: kind() if "Global" in kind.__name__ else kind(2), (4, 4, 2), **how)
            ).passed
        except Unverifiable as error:
            assert "other bits" in str(error)


REFUSED = {
    "channels_first": lambda: L.MaxPooling2D(2, data_format="channels_first"),
    "MaxPooling3D": lambda: L.MaxPooling3D(1),
    "AdaptiveAveragePooling2D": lambda: L.AdaptiveAveragePooling2D(2),
}


@pytest.mark.parametrize("word", REFUSED)
def test_what_is_not_verified_is_named(word):
    if word.startswith("Adaptive") and not hasattr(L, word):
        pytest.skip("this Keras has no such layer")
    shape = (2, 2, 2, 1) if "3D" in word else (4, 4, 2)
    with pytest.raises(Unsupported, match=word):
        verify.check(*model(REFUSED[word], shape))


@pytest.mark.parametrize("kind", [L.GlobalAveragePooling2D, lambda: L.AveragePooling2D(3)])
def test_the_mean_and_a_constant_behind_it_may_become_one_factor(kind):
    """XLA computes Σ · (1/n · s) in place of (Σ · 1/n) · s, for the leaky ReLU and the dropout behind a mean."""
    keras.utils.set_random_seed(1)
    layers = L.Dense(3), kind(), L.LeakyReLU(0.2), L.Dropout(0.3), L.Flatten(), L.Dense(3, "softmax")
    net = keras.Sequential([keras.Input((5, 7, 2)), *layers])
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(32, 5, 7, 2)).astype("float32"), np.eye(3)[rng.integers(0, 3, 32)]
    for jit in (False, True):
        net.compile("sgd", "categorical_crossentropy", jit_compile=jit)
        checked = verify.check(net, x, y, steps=2)
        assert checked.passed, checked.headline
    plan = rules(checked.trace.network, "categorical_crossentropy", OPTIMIZERS["sgd"])
    assert [rule.folded for rule in plan if rule.kind == "leaky_relu" and rule.phase == "forward"] == [("P1",)]
