"""Keras's convolutions in real trainings: they pass, refused options are named, and faults are noticed."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.src import ops
from keras.src.layers.convolutional.base_conv import BaseConv
from keras.src.layers.convolutional.base_conv_transpose import BaseConvTranspose
from keras.src.layers.convolutional.base_depthwise_conv import BaseDepthwiseConv

import verify
from reference.network import Network
from verify.capture.essay_model import use_precision
from verify.errors import Unsupported, Unverifiable

L = keras.layers
IMAGE, ROW, CUBE = (6, 7, 2), (9, 3), (4, 3, 4, 2)


def model(layers, shape, dtype="float32", **how):
    """Return a compiled model of these layers, given as pairs of a class and its options, and a batch for it."""
    keras.utils.set_random_seed(3)
    made = [kind(**options, dtype=dtype) for kind, options in layers]
    end = [L.Flatten(dtype=dtype), L.Dense(3, "softmax", dtype=dtype)]
    net = keras.Sequential([keras.Input(shape, dtype=dtype), *made, *end])
    for variable in net.trainable_variables:
        if variable.path.endswith("bias"):
            variable.assign(np.linspace(-0.3, 0.4, variable.shape[0]))
    net.compile("adam", "categorical_crossentropy", **{"jit_compile": False, **how})
    rng = np.random.default_rng(0)
    return net, rng.normal(size=(5, *shape)).astype(dtype), np.eye(3, dtype=dtype)[rng.integers(3, size=5)]


@pytest.fixture
def precision():
    """A function that sets Keras's precision; afterwards it is float32 again."""
    yield use_precision
    use_precision("float32")


MODELS = {
    "conv": ([(L.Conv2D, {"filters": 4, "kernel_size": 3, "activation": "relu"}),
              (L.Conv2D, {"filters": 3, "kernel_size": (3, 2), "strides": 2, "padding": "same"})], IMAGE),
    "dilation, groups": ([(L.Conv2D, {"filters": 4, "kernel_size": 2, "dilation_rate": 2, "activation": "tanh"}),
                          (L.Conv2D, {"filters": 6, "kernel_size": 3, "padding": "same", "groups": 2})], IMAGE),
    "one axis": ([(L.Conv1D, {"filters": 3, "kernel_size": 3, "padding": "causal", "activation": "elu"}),
                  (L.Conv1D, {"filters": 2, "kernel_size": 2, "strides": 2, "use_bias": False})], ROW),
    "three axes": ([(L.Conv3D, {"filters": 2, "kernel_size": 2, "padding": "same", "activation": "relu"})], CUBE),
    "depthwise": ([(L.DepthwiseConv2D, {"kernel_size": 3, "depth_multiplier": 2, "activation": "relu"}),
                   (L.DepthwiseConv2D, {"kernel_size": 2, "strides": 2, "dilation_rate": 2, "padding": "same"})],
                  IMAGE),
    "depthwise, one axis": ([(L.DepthwiseConv1D, {"kernel_size": 2, "strides": 2, "padding": "same"})], ROW),
    "separable": ([(L.SeparableConv2D, {"filters": 4, "kernel_size": 3, "depth_multiplier": 2, "activation": "relu"}),
                   (L.SeparableConv2D, {"filters": 2, "kernel_size": 2, "padding": "same", "use_bias": False})], IMAGE),
    "separable, one axis": ([(L.SeparableConv1D, {"filters": 4, "kernel_size": 3, "dilation_rate": 2})], ROW),
    "transposed": ([(L.Conv2DTranspose, {"filters": 3, "kernel_size": 2, "activation": "relu"}),
                    (L.Conv2DTranspose, {"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same"})], (3, 2, 2)),
    "transposed, one axis": ([(L.Conv1DTranspose, {"filters": 4, "kernel_size": 2, "strides": 3,
                                                   "output_padding": 1})], (4, 2)),
}  # fmt: skip


WAYS = [
    *((name, "float32", False) for name in MODELS),
    *((name, "float64", False) for name in ("dilation, groups", "one axis", "separable", "transposed")),
    *((name, "float32", True) for name in ("conv", "separable", "transposed")),
    ("depthwise", "float64", True),
]


@pytest.mark.parametrize(("name", "dtype", "jit"), WAYS)
def test_they_pass(name, dtype, jit, precision):
    precision(dtype)
    checked = verify.check(*model(*MODELS[name], dtype, jit_compile=jit), steps=2)
    assert checked.passed, checked.headline


@pytest.mark.parametrize("kind", [L.DepthwiseConv2D, L.Dense])
def test_sums_of_one_product_pass_with_xla(kind):
    """XLA makes them multiplications, and may compute them once more inside the ReLU with other bits."""
    shape = (6, 8, 3) if kind is L.DepthwiseConv2D else (6, 8, 1)
    options = {"kernel_size": 1} if kind is L.DepthwiseConv2D else {"units": 3}
    checked = verify.check(*model([(kind, {**options, "activation": "relu"})], shape, jit_compile=True))
    assert checked.passed, checked.headline


def test_a_separable_convolution_has_two_parts():
    trace = verify.check(*model(*MODELS["separable"])).trace
    kinds = [layer.kind for layer, _ in trace.network.places]
    separable = ["depthwise_convolution", "convolution"]
    assert kinds[1:6] == [*separable, "relu", *separable] and isinstance(trace.network, Network)
    inner, dW = trace.tensors["step1/Z1"], trace.tensors["step1/dW1"]
    assert inner.shape == (5, 4, 5, 4) and dW.shape == (3, 3, 2, 2) and trace.tensors["step1/dZ1"].any()
    assert ops.separable_conv.__module__.startswith("keras")  # nothing is left replaced


def test_a_frozen_convolution_hands_the_gradient_on():
    net, x, y = model(*MODELS["conv"])
    net.layers[1].trainable = False
    net.compile("adam", "categorical_crossentropy", jit_compile=False)
    checked = verify.check(net, x, y, steps=2)
    assert checked.passed and "dA1" in checked.trace.step(1) and "dW2" not in checked.trace.step(1)


def test_a_layer_used_twice():
    inputs = keras.Input((5, 5, 2))
    conv = L.Conv2D(2, 3, padding="same", activation="relu", name="both")
    net = keras.Model(inputs, L.Dense(3, "softmax")(L.Flatten()(conv(conv(inputs)))))
    net.compile("sgd", "categorical_crossentropy", jit_compile=False)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(4, 5, 5, 2)).astype("float32"), np.eye(3, dtype="float32")[rng.integers(3, size=4)]
    checked = verify.check(net, x, y, steps=2)
    assert checked.passed, checked.headline


CONV = {"filters": 2, "kernel_size": 2, "name": "mine"}
REFUSED = {
    "channels_first": (L.Conv2D, {**CONV, "data_format": "channels_first"}, (2, 5, 5), "data_format channels_first"),
    "activity": (L.Conv2DTranspose, {**CONV, "activity_regularizer": keras.ops.sum}, IMAGE,
                 "activity_regularizer sum is not verified; L1, L2 and L1L2 are"),
    "LoRA": (L.Conv2D, {**CONV, "lora_rank": 1}, IMAGE, "LoRA and quantised weights are not verified"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_an_option_that_is_not_verified_is_named(name):
    kind, options, shape, words = REFUSED[name]
    with pytest.raises(Unsupported, match=f"layer mine .*{words}") as refused:
        verify.check(*model([(kind, options)], shape))
    assert str(refused.value).count("layer mine") == 1


def flipped(inputs, kernel, **options):
    """Keras's convolution with the kernel flipped: a true convolution."""
    return CONVOLVE(inputs, tf.reverse(tf.convert_to_tensor(kernel), axis=[0, 1]), **options)


def padded_before(inputs, kernel, **options):
    """Keras's convolution with the larger part of the padding before the start."""
    mirrored = CONVOLVE(tf.reverse(inputs, [1, 2]), tf.reverse(tf.convert_to_tensor(kernel), [0, 1]), **options)
    return tf.reverse(mirrored, [1, 2])


@tf.custom_gradient
def mean_gradient(kernel):
    """The kernel, whose gradient is divided by 25."""
    return tf.identity(kernel), lambda gradient: gradient / 25


def averaged(inputs, kernel, **options):
    """Keras's convolution whose dW is a mean over positions."""
    return CONVOLVE(inputs, mean_gradient(tf.convert_to_tensor(kernel)), **options)


CONVOLVE, TRANSPOSE, DEPTHWISE = ops.conv, ops.conv_transpose, ops.depthwise_conv
FAULTS = {
    "flipped": ("conv", "conv", flipped, "Z1"),
    "padded before": ("conv", "conv", padded_before, "Z2"),
    "mean": ("conv", "conv", averaged, "dW"),
    "depthwise": ("depthwise", "depthwise_conv",
                  lambda x, k, **o: DEPTHWISE(x, tf.reverse(tf.convert_to_tensor(k), [2]), **o), "Z1"),
    "transposed": ("transposed", "conv_transpose",
                   lambda x, k, **o: TRANSPOSE(x, tf.reverse(tf.convert_to_tensor(k), [0, 1]), **o), "Z1"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_live_fault_is_noticed(name, monkeypatch):
    kind, operation, wrong, tensor = FAULTS[name]
    net, x, y = model(*MODELS[kind])
    monkeypatch.setattr(ops, operation, wrong)
    checked = verify.check(net, x, y)
    failed = [c.tensor for c in checked.result.local if not c.passed]
    assert not checked.passed and failed and failed[0].startswith(tensor)


@pytest.mark.parametrize("base", [BaseConv, BaseDepthwiseConv, BaseConvTranspose])
def test_a_bias_left_out_is_noticed(base, monkeypatch):
    kind = {BaseConv: "conv", BaseDepthwiseConv: "depthwise", BaseConvTranspose: "transposed"}[base]
    own = base.call

    def call(self, inputs):
        self.use_bias, used = False, self.use_bias
        outputs = own(self, inputs)
        self.use_bias = used
        return outputs

    net, x, y = model(*MODELS[kind])
    monkeypatch.setattr(base, "call", call)
    with pytest.raises(Unverifiable, match=r"no gradient dB1"):
        verify.check(net, x, y)


@pytest.mark.parametrize("eagerly", [False, True])
def test_another_separable_convolution_is_noticed(eagerly, monkeypatch):
    """The capture takes two steps; a fault in Keras's one step shows as other bits of the model's own step."""
    net, x, y = model(*MODELS["separable"], run_eagerly=eagerly)
    own = tf.nn.separable_conv2d
    monkeypatch.setattr(tf.nn, "separable_conv2d", lambda x, k, *a, **o: own(x, tf.reverse(k, [0]), *a, **o))
    with pytest.raises(Unverifiable, match=r"own step|reports the loss"):
        verify.check(net, x, y)


LIMIT = keras.constraints.MaxNorm(1, [0, 1, 2])
REGULARISED = {
    "kernel": (L.Conv2D, {**CONV, "kernel_regularizer": "l2", "kernel_constraint": LIMIT}),
    "bias": (L.Conv2DTranspose, {**CONV, "bias_constraint": "non_neg", "kernel_regularizer": "l1"}),
    "depthwise": (L.DepthwiseConv2D, {"kernel_size": 2, "depthwise_regularizer": "l1"}),
    "pointwise": (L.SeparableConv2D, {**CONV, "pointwise_constraint": "non_neg", "depthwise_regularizer": "l2"}),
}


@pytest.mark.parametrize("name", REGULARISED)
def test_regularizers_and_constraints_pass(name):
    kind, options = REGULARISED[name]
    checked = verify.check(*model([(kind, options)], IMAGE), steps=2)
    assert checked.passed, checked.headline
    assert checked.trace.network.regularizers or checked.trace.network.constraints
