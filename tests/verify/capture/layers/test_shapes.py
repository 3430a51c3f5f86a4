"""Keras's layers that only move numbers, in real trainings: they pass, refusals name the option, faults are noticed."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

import verify
from verify.capture.essay_model import use_precision
from verify.errors import Unsupported

L = keras.layers
ROW, ROWS, IMAGE, CUBE = (6,), (5, 4), (4, 3, 2), (3, 4, 2, 2)


def data(shape, dtype):
    """Examples and labels."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(5, *shape)).astype(dtype), np.eye(3, dtype=dtype)[rng.integers(3, size=5)]


def model(layers, shape, dtype="float32", jit=False):
    """Return a compiled model of these layers, given as pairs of a class and its options, and a batch for it."""
    keras.utils.set_random_seed(3)
    made = [kind(**options, dtype=dtype) for kind, options in layers]
    end = [L.Flatten(dtype=dtype), L.Dense(3, "softmax", dtype=dtype)]
    net = keras.Sequential([keras.Input(shape, dtype=dtype), *made, *end])
    net.compile("adam", "categorical_crossentropy", jit_compile=jit)
    return net, *data(shape, dtype)


@pytest.fixture
def precision():
    """A function that sets Keras's precision; afterwards it is float32 again."""
    yield use_precision
    use_precision("float32")


DENSE, TANH = (L.Dense, {"units": 4, "activation": "tanh"}), (L.Activation, {"activation": "tanh"})
MODELS = {
    "reshape, permute": ([(L.Dense, {"units": 12, "activation": "tanh"}), (L.Reshape, {"target_shape": (3, -1, 2)}),
                          TANH, (L.Permute, {"dims": (3, 1, 2)}), DENSE], ROW),
    "padding, cropping": ([DENSE, (L.ZeroPadding2D, {"padding": ((1, 0), (2, 3))}), TANH,
                           (L.Cropping2D, {"cropping": ((0, 2), (1, 1))}), DENSE], IMAGE),
    "up-sampling": ([DENSE, (L.UpSampling2D, {"size": (3, 2)}), TANH, DENSE], IMAGE),
    "one axis": ([DENSE, (L.ZeroPadding1D, {"padding": (2, 1)}), (L.UpSampling1D, {"size": 3}),
                  (L.Cropping1D, {"cropping": (1, 4)})], ROWS),
    "three axes": ([DENSE, (L.ZeroPadding3D, {"padding": 1}), (L.Cropping3D, {"cropping": ((1, 0), (2, 1), (0, 1))}),
                    (L.UpSampling3D, {"size": (2, 1, 3)}), DENSE], CUBE),
    "a row repeated": ([DENSE, (L.RepeatVector, {"n": 3}), TANH, DENSE], ROW),
    "at the input": ([(L.Reshape, {"target_shape": (2, 3)}), (L.Permute, {"dims": (2, 1)}), DENSE], ROW),
    "behind a Flatten": ([(L.Flatten, {}), (L.Reshape, {"target_shape": (6, 4)}), DENSE], IMAGE),
    "flattened channels": ([DENSE, (L.Flatten, {"data_format": "channels_first"}), DENSE], IMAGE),
}  # fmt: skip
WAYS = [
    *((name, "float32", False) for name in MODELS),
    *((name, "float64", False) for name in ("up-sampling", "one axis", "a row repeated")),
    *((name, "float32", True) for name in ("reshape, permute", "up-sampling")),
    ("padding, cropping", "float64", True),
]


@pytest.mark.parametrize(("name", "dtype", "jit"), WAYS)
def test_they_pass(name, dtype, jit, precision):
    precision(dtype)
    checked = verify.check(*model(*MODELS[name], dtype, jit), steps=2)
    assert checked.passed, checked.headline


def test_the_network_has_their_numbers():
    trace = verify.check(*model(*MODELS["reshape, permute"])).trace
    texts = [str(layer) for layer, _ in trace.network.places]
    assert texts[3:6] == ["reshape(target=(3, 2, 2))", "tanh", "permute(dims=(3, 1, 2))"]
    assert trace.tensors["step1/F1"].shape == (5, 3, 2, 2) and trace.tensors["step1/dF2"].shape == (5, 2, 3, 2)


def operations(shape, *functions):
    """Return a compiled model with these operations of keras.ops behind a Dense, and a batch for it."""
    keras.utils.set_random_seed(3)
    inputs = keras.Input(shape)
    tensor = L.Dense(4, "tanh")(inputs)
    for function in functions:
        tensor = function(tensor)
    net = keras.Model(inputs, L.Dense(3, "softmax")(L.Flatten()(tensor)))
    net.compile("adam", "categorical_crossentropy", jit_compile=False)
    return net, *data(shape, "float32")


def test_operations_of_the_same_meaning_pass():
    made = operations(ROWS, lambda t: ops.reshape(t, (-1, 2, 10)), lambda t: ops.transpose(t, (0, 2, 1)))
    checked = verify.check(*made, steps=2)
    assert checked.passed, checked.headline
    kinds = [layer.kind for layer, _ in checked.trace.network.places]
    assert kinds[3:5] == ["reshape", "permute"]


@pytest.mark.parametrize(
    ("functions", "words"),
    [
        ([lambda t: ops.transpose(t, (1, 0, 2)), lambda t: ops.transpose(t, (1, 0, 2))], "moves the axis of the examp"),
        ([lambda t: ops.reshape(t, (-1, 2, 5)), lambda t: ops.reshape(t, (-1, 20))], "each example keeps its size"),
    ],
)
def test_operations_that_mix_examples_are_refused(functions, words):
    with pytest.raises(Unsupported, match=words):
        verify.check(*operations(ROWS, *functions))


FIRST = {"data_format": "channels_first", "name": "mine"}
REFUSED = {
    "padding": (L.ZeroPadding2D, {"padding": 1, **FIRST}, IMAGE, "data_format channels_first"),
    "padding, one axis": (L.ZeroPadding1D, {"padding": 1, **FIRST}, ROWS, "data_format channels_first"),
    "padding, three axes": (L.ZeroPadding3D, {"padding": 1, **FIRST}, CUBE, "data_format channels_first"),
    "cropping": (L.Cropping2D, {"cropping": 1, **FIRST}, (2, 4, 4), "data_format channels_first"),
    "cropping, three axes": (L.Cropping3D, {"cropping": 0, **FIRST}, CUBE, "data_format channels_first"),
    "up-sampling": (L.UpSampling2D, {"size": 2, **FIRST}, IMAGE, "data_format channels_first"),
    "up-sampling, three axes": (L.UpSampling3D, {"size": 2, **FIRST}, CUBE, "data_format channels_first"),
    "bilinear": (L.UpSampling2D, {"interpolation": "bilinear", "name": "mine"}, IMAGE, "interpolation bilinear"),
    "bicubic": (L.UpSampling2D, {"interpolation": "bicubic", "name": "mine"}, IMAGE, "interpolation bicubic"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_option_that_is_not_verified_is_named(name):
    kind, options, shape, words = REFUSED[name]
    with pytest.raises(Unsupported, match=f"layer mine .*{words}.* is not verified") as refused:
        verify.check(*model([(kind, options)], shape))
    assert str(refused.value).count("layer mine") == 1


def swapped(margins):
    return tuple((after, before) for before, after in margins)


def mirrored(self, inputs):
    return tf.pad(inputs, ((0, 0), *self.padding, (0, 0)), mode="SYMMETRIC")


def padded_behind(self, inputs):
    return tf.pad(inputs, ((0, 0), *swapped(self.padding), (0, 0)))


def cropped_elsewhere(self, inputs):
    (top, bottom), (left, right) = self.cropping
    return inputs[:, bottom : inputs.shape[1] - top, right : inputs.shape[2] - left]


def repeated_across(self, inputs):
    rows, columns = self.size
    shape = (-1, inputs.shape[1] * rows, inputs.shape[2] * columns, inputs.shape[3])
    return tf.reshape(tf.repeat(inputs, rows * columns, axis=3), shape)


def columns_first(self, inputs):
    rest = list(range(1, len(inputs.shape)))
    other = tf.transpose(inputs, (0, *rest[::-1]))
    target = self.compute_output_shape(tuple(inputs.shape))[1:]
    return tf.reshape(other, (-1, *target))


def written_columns_first(self, inputs):
    target = self.compute_output_shape(tuple(inputs.shape))[1:]
    other = tf.reshape(inputs, (-1, *target[::-1]))
    return tf.transpose(other, (0, *range(len(target), 0, -1)))


def repeated_numbers(self, inputs):
    return tf.reshape(tf.repeat(inputs, self.n, axis=1), (-1, self.n, inputs.shape[1]))


@tf.custom_gradient
def with_smaller_gradient(tensor, copies):
    """The same numbers, whose gradient is divided by the number of copies."""
    return tf.identity(tensor), lambda gradient: (gradient / copies, None)


def averaged(call):
    """A layer's call whose gradient is the mean over the copies, in place of their sum."""

    def wrong(self, inputs):
        outputs = call(self, inputs)
        copies = np.prod(outputs.shape[1:]) // np.prod(inputs.shape[1:])
        return with_smaller_gradient(outputs, tf.constant(copies, outputs.dtype))

    return wrong


FAULTS = {
    "mirrored": ("padding, cropping", L.ZeroPadding2D, mirrored, "F1"),
    "padded on the other side": ("padding, cropping", L.ZeroPadding2D, padded_behind, "F1"),
    "cropped from the other end": ("padding, cropping", L.Cropping2D, cropped_elsewhere, "F2"),
    "repeated along the channels": ("up-sampling", L.UpSampling2D, repeated_across, "F1"),
    "copies averaged, up-sampling": ("up-sampling", L.UpSampling2D, averaged(L.UpSampling2D.call), "dA1"),
    "copies averaged, row": ("a row repeated", L.RepeatVector, averaged(L.RepeatVector.call), "dA1"),
    "numbers repeated": ("a row repeated", L.RepeatVector, repeated_numbers, "F1"),
    "columns first": ("reshape, permute", L.Reshape, written_columns_first, "F1"),
    "reshaped": ("reshape, permute", L.Permute, columns_first, "F2"),
    "flattened": ("flattened channels", L.Flatten, columns_first, "F1"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_live_fault_is_noticed(name, monkeypatch):
    kind, layer, wrong, tensor = FAULTS[name]
    net, x, y = model(*MODELS[kind])
    monkeypatch.setattr(layer, "call", wrong)
    checked = verify.check(net, x, y)
    failed = [c.tensor for c in checked.result.local if not c.passed]
    assert not checked.passed and tensor in failed
