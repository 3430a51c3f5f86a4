"""Keras's layers that normalise in real trainings: they pass, refused options are named, and faults are noticed."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import verify
from verify.capture.essay_model import use_precision
from verify.cli.capturing import capture_user_model
from verify.compare.walk import compare
from verify.errors import Unsupported, Unverifiable
from verify.records.arrays import same_bits

L = keras.layers
ROW, ROWS, IMAGE = (6,), (4, 6), (4, 3, 6)
BN, LN, GN = L.BatchNormalization, L.LayerNormalization, L.GroupNormalization


def model(layers, shape, dtype="float32", batch=16, **how):
    """A compiled model of these layers, given as pairs of a class and its options, and a batch for it."""
    keras.utils.set_random_seed(3)
    rng = np.random.default_rng(0)
    made = [kind(**options, dtype=dtype) for kind, options in layers]
    end = [L.Flatten(dtype=dtype), L.Dense(3, "softmax", dtype=dtype)]
    net = keras.Sequential([keras.Input(shape, dtype=dtype), *made, *end])
    for variable in net.variables:
        if variable.dtype == dtype:
            variable.assign(variable + 0.3 * rng.random(variable.shape).astype(dtype))
    net.compile("adam", "categorical_crossentropy", **{"jit_compile": False, **how})
    x = (rng.normal(size=(batch, *shape)) + 0.5).astype(dtype)
    return net, x, np.eye(3, dtype=dtype)[rng.integers(3, size=batch)]


DENSE = (L.Dense, {"units": 6, "activation": "tanh"})
GIVEN = {"mean": [1.0, 2, 3, 4, 5, 6], "variance": [1.0, 2, 3, 4, 5, 0]}
MODELS = {
    "batch": ([DENSE, (BN, {}), DENSE, (BN, {"momentum": 0.7, "epsilon": 0.01, "scale": False})], ROW),
    "batch of images": ([(BN, {"center": False}), DENSE, (BN, {"axis": 2}), (L.ReLU, {})], IMAGE),
    "frozen": ([DENSE, (BN, {}), (BN, {"trainable": False}), DENSE], ROW),
    "layer": ([DENSE, (LN, {}), DENSE, (LN, {"epsilon": 1e-5, "scale": False})], ROW),
    "layer, several axes": ([DENSE, (LN, {"axis": [1, 2]}), (LN, {"axis": -2, "center": False})], ROWS),
    "layer of images": ([DENSE, (LN, {"axis": [-3, -2, -1]})], IMAGE),
    "group": ([DENSE, (GN, {"groups": 3}), DENSE, (GN, {"groups": -1, "scale": False})], ROWS),
    "group of images": ([DENSE, (GN, {"groups": 2, "epsilon": 1e-5})], IMAGE),
    "unit": ([DENSE, (L.UnitNormalization, {}), DENSE, (L.UnitNormalization, {"axis": [1, 2]})], ROWS),
    "given": ([(L.Normalization, GIVEN), DENSE, (L.Normalization, {**GIVEN, "invert": True})], ROW),
    "given, one number": ([DENSE, (L.Normalization, {"axis": None, "mean": 0.5, "variance": 2.0})], ROWS),
    "adapted": ([(L.Normalization, {"axis": (1, 2)}), DENSE], ROWS),
    "rms": ([DENSE, (L.RMSNormalization, {}), DENSE, (L.RMSNormalization, {"axis": [1, 2]})], ROWS),
}  # fmt: skip


SETTINGS = [
    *((name, "float32", False) for name in MODELS),
    *((name, "float64", False) for name in ("batch", "layer", "rms")),
    *((name, "float32", True) for name in ("batch of images", "group")),
    *((name, "float64", True) for name in ("batch",)),
]


@pytest.mark.parametrize(("name", "dtype", "jit"), SETTINGS)
def test_they_pass(name, dtype, jit):
    try:
        use_precision(dtype)
        net, x, y = model(*MODELS[name], dtype, jit_compile=jit)
        if name == "adapted":
            net.layers[0].adapt(x)
        checked = verify.check(net, x, y, steps=2)
    finally:
        use_precision("float32")
    assert checked.passed, checked.headline


def test_a_prediction_reads_the_moving_statistics():
    net, x, y = model(*MODELS["batch"])
    trace = capture_user_model(net, [(x, y)], None, None, False, "feedforward")
    assert "mean_1" not in trace.step(1) and "moving_mean_1_before" in trace.step(1)
    found = compare(trace, "feedforward").comparisons
    assert all(c.passed for c in found) and {"N1", "N2"} <= {c.tensor for c in found}


def test_a_check_changes_nothing():
    net, x, y = model(*MODELS["batch"])
    before = [keras.ops.convert_to_numpy(v).copy() for v in net.variables]
    assert verify.check(net, x, y, steps=2).passed
    assert all(same_bits(a, keras.ops.convert_to_numpy(v)) for a, v in zip(before, net.variables, strict=True))


@pytest.mark.parametrize(("every", "how"), [(1, {}), (2, {"jit_compile": True}), (2, {"run_eagerly": True})])
def test_inside_fit(every, how):
    def fit(callbacks):
        net, x, y = model(*MODELS["batch"], batch=30, **how)
        net.fit(x, y, batch_size=10, verbose=0, callbacks=callbacks)
        return [keras.ops.convert_to_numpy(v).copy() for v in net.variables]

    watch = verify.ByHand(every=every)
    watched = fit([watch])
    assert watch.passed and watch.verified == 3 // every and not watch.notes, watch.headline
    assert all(same_bits(a, b) for a, b in zip(watched, fit([]), strict=True))


def test_a_moving_statistic_that_somebody_else_changes_is_noted():
    net, x, y = model(*MODELS["batch"])
    change = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda *_, **__: net.layers[1].moving_mean.assign([9.0] * 6)
    )
    watch = verify.ByHand()
    net.fit(x, y, batch_size=8, verbose=0, callbacks=[change, watch])
    assert watch.passed and "moving_mean_1 changed between step 1 and step 2" in watch.notes[0]


def test_a_frozen_layer_may_be_used_twice_and_another_may_not():
    for frozen in (True, False):
        inputs, norm = keras.Input((5,)), BN(trainable=not frozen)
        net = keras.Model(inputs, L.Dense(3)(norm(L.Dense(5)(norm(L.Dense(5)(inputs))))))
        net.compile("sgd", "mean_squared_error", jit_compile=False)
        x = np.random.default_rng(0).normal(size=(8, 5)).astype("float32")
        if frozen:
            assert verify.check(net, x, x[:, :3], steps=2).passed
        else:
            with pytest.raises(Unsupported, match="batch normalization that is not frozen is used twice"):
                verify.check(net, x, x[:, :3])


NAME = {"name": "mine"}
REFUSED = {
    "renorm": (BN, {**NAME, "renorm": True}, ROW, "renorm=True is not verified"),
    "synchronized": (BN, {**NAME, "synchronized": True}, ROW, "synchronized=True is not verified"),
    "rms": (LN, {**NAME, "rms_scaling": True}, ROW, "rms_scaling=True is not verified"),
    "order": (LN, {**NAME, "axis": [1, -1]}, IMAGE, "not in order, are not verified"),
    "last": (L.RMSNormalization, {**NAME, "axis": [1, 2]}, IMAGE, "are not verified, only the last ones"),
    "axis": (GN, {**NAME, "groups": 2, "axis": 1}, ROWS, "axis=1 is not verified, only the last axis"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_an_option_that_is_not_verified_is_named(name):
    kind, options, shape, words = REFUSED[name]
    with pytest.raises(Unsupported, match=f"layer mine .*{words}") as refused:
        verify.check(*model([(kind, options)], shape))
    assert str(refused.value).count("layer mine") == 1


def test_the_axis_of_the_examples_is_refused():
    net = keras.Sequential([keras.Input(batch_shape=(8, 6)), L.UnitNormalization(axis=0, name="mine"), L.Dense(2)])
    net.compile("sgd", "mean_squared_error")
    with pytest.raises(Unsupported, match=r"layer mine .*axis 0, the axis of the examples"):
        verify.check(net, np.ones((8, 6)), np.ones((8, 2)))


def biased(own):
    """The moments with a variance divided by n - 1."""

    def moments(x, *args, **how):
        mean, variance = own(x, *args, **how)
        return mean, variance * (len(x) / (len(x) - 1))

    return moments


def outside(x, mean, variance, axis, offset=None, scale=None, epsilon=1e-3):
    """A batch normalization with ε outside the root."""
    return (x - mean) / (tf.sqrt(variance) + epsilon) * (1 if scale is None else scale) + (
        0 if offset is None else offset
    )


def moving(self, inputs, training=None, mask=None):
    """A batch normalization that normalises by the moving statistics in training."""
    CALL(self, inputs, training=training, mask=mask)
    return CALL(self, inputs, training=False, mask=mask)


def exchanged(self, inputs, training=None, mask=None):
    """A batch normalization that exchanges momentum and 1 - momentum."""
    self.momentum = 1 - self.momentum
    outputs = CALL(self, inputs, training=training, mask=mask)
    self.momentum = 1 - self.momentum
    return outputs


def constant(self, inputs, mask):
    """The moments of a batch, through which no gradient goes."""
    return tuple(tf.stop_gradient(x) for x in MOMENTS(self, inputs, mask))


CALL, MOMENTS = BN.call, BN._moments
FAULTS = {
    "divided by n - 1": ("batch", BN, "_moments", lambda self, x, mask: biased(tf.nn.moments)(x, [0]), "variance_1"),
    "moving": ("batch", BN, "call", moving, "N1"),
    "exchanged": ("batch", BN, "call", exchanged, "moving_mean_1"),
    "constant": ("batch", BN, "_moments", constant, "dA1"),
    "ε outside": ("batch", keras.src.ops, "batch_normalization", outside, "N1"),
    "layer": ("layer", keras.src.ops.nn, "moments", biased(keras.ops.moments), "N1"),
    "group": ("group", keras.src.ops, "moments", biased(keras.ops.moments), "N1"),
    "unit": ("unit", keras.src.ops, "normalize", lambda x, **o: x / (1e-3 + tf.norm(x, axis=-1, keepdims=True)), "N1"),
    "given": ("given", L.Normalization, "call", lambda self, x: (x - self.mean) / (self.variance + 1e-7), "N1"),
    "rms": ("rms", keras.src.ops, "rms_normalization", lambda x, scale, axis, epsilon: x * scale, "N1"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_live_fault_is_noticed(name, monkeypatch):
    kind, where, attribute, wrong, tensor = FAULTS[name]
    net, x, y = model(*MODELS[kind])
    monkeypatch.setattr(where, attribute, wrong)
    try:
        checked = verify.check(net, x, y)
    except Unverifiable:
        return
    failed = [c.tensor for c in checked.result.local if not c.passed]
    assert not checked.passed and failed and tensor in failed, checked.headline
