"""A check takes x and y as people have them, and changes nothing: neither the model nor any global state."""

import os
import random
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

import verify
from verify.capture.memory import Memory
from verify.errors import Unusable

L, optimizer_kinds = keras.layers, keras.optimizers
RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(6, 5)).astype("float32"), np.eye(3, dtype="float32")[RNG.integers(3, size=6)]


def model(*layers, optimizer="sgd", **how):
    net = keras.Sequential([keras.Input((5,)), *layers, L.Dense(3, "softmax")])
    net.compile(optimizer, keras.losses.CategoricalCrossentropy(), jit_compile=False, **how)
    return net


def test_nothing_is_changed_by_a_check():
    """Seeds, precision, filters, environment, and every attribute and variable of model, loss and optimizer."""
    net = model(L.Dense(4, "relu"), L.Dropout(0.5), optimizer=optimizer_kinds.Adam(), metrics=["accuracy"])

    def state():
        memory = Memory(net)
        return (
            [(id(variable), value.tobytes()) for variable, value in memory.values],
            [{name: id(value) for name, value in saved.items()} for _, saved in memory.attributes],
            [list(map(id, saved)) for _, saved in memory.members],
            random.getstate(), np.random.get_state()[1].tobytes(), dict(os.environ), list(warnings.filters),  # noqa: NPY002
            keras.config.floatx(), keras.config.dtype_policy().name, keras.config.epsilon(),
        )  # fmt: skip

    for _ in range(2):  # before and after it has trained
        before = state()
        assert verify.check(net, X, Y, steps=2).passed
        assert state() == before
        assert verify.check(net, X, Y, optimizer="sgd", loss="mean_squared_error").passed
        assert state() == before
        net.fit(X, Y, verbose=0)


KINDS_OF_X = {
    "float64": lambda x: x.astype("float64"),
    "integers": lambda x: (x * 10).astype("int64"),
    "bytes": lambda x: np.abs(x * 50).astype("uint8"),
    "booleans": lambda x: x > 0,
    "Fortran order": np.asfortranarray,
    "every second column": lambda x: np.repeat(x, 2, axis=1)[:, ::2],
    "a list": lambda x: x.tolist(),
    "a tensor": lambda x: keras.ops.convert_to_tensor(x),
}


@pytest.mark.parametrize("kind", KINDS_OF_X)
def test_inputs_as_people_have_them(kind):
    net = model(L.Dense(4, "relu"))
    assert verify.check(net, KINDS_OF_X[kind](X), Y).passed


def test_frames_datasets_and_columns_of_labels():
    import pandas
    import tensorflow as tf

    net = model(L.Dense(4, "relu"))
    assert verify.check(net, pandas.DataFrame(X), pandas.DataFrame(Y)).passed
    dataset = tf.data.Dataset.from_tensor_slices((X, Y)).batch(3)
    assert verify.check(net, dataset, steps=2).passed
    with pytest.raises(Unusable, match="3 batches of one size"):
        verify.check(net, dataset, steps=3)
    with pytest.raises(Unusable, match="labels are needed"):
        verify.check(net, X)
    one = keras.Sequential([keras.Input((5,)), L.Dense(1)])
    one.compile(optimizer_kinds.SGD(nesterov=True), "mse", jit_compile=False)
    assert verify.check(one, X, X[:, 0]).passed
    assert verify.check(one, X, (X[:, 0] > 0)).passed


def test_a_metric_of_ones_own_does_not_matter():
    class Own(keras.metrics.Metric):
        def __init__(self):
            super().__init__(name="own")
            self.count = self.add_weight(shape=(), initializer="zeros", name="count")

        def update_state(self, y, p, sample_weight=None):
            self.count.assign_add(1.0)

        def result(self):
            return keras.ops.convert_to_tensor(self.count)

    assert verify.check(model(L.Dense(4), metrics=[Own()]), X, Y, steps=2).passed


def test_an_identity_computes_nothing():
    checked = verify.check(model(L.Identity(), L.Dense(4, "relu"), L.Identity()), X, Y)
    assert checked.passed and set(checked.trace.step(1)) == set(
        verify.check(model(L.Dense(4, "relu")), X, Y).trace.step(1)
    )


@pytest.mark.parametrize(("kind", "x"), [("int32", X), ("uint8", X + 300), ("bool", X), ("float16", X * 1e6)])
def test_numbers_that_the_input_cannot_hold_are_named(kind, x):
    i = keras.Input((5,), dtype=kind)
    net = keras.Model(i, L.Dense(3, "softmax")(i))
    net.compile("sgd", "mse", jit_compile=False)
    with pytest.raises(Unusable, match=f"x: the model's Input has the type {kind}, which cannot hold these numbers"):
        verify.check(net, x, Y)
    assert verify.check(net, np.abs(X).round() > 1, Y).passed


def test_a_dataset_of_two_inputs_of_different_sizes_passes():
    wide, narrow = keras.Input((5,)), keras.Input((3,))
    net = keras.Model([wide, narrow], keras.layers.Dense(2)(keras.layers.Concatenate()([wide, narrow])))
    net.compile("sgd", "mse", jit_compile=False)
    rng = np.random.default_rng(0)
    x, z, y = (rng.normal(size=(8, n)).astype("float32") for n in (5, 3, 2))
    batches = tf.data.Dataset.from_tensor_slices(((x, z), y)).batch(4)
    assert verify.check(net, batches, steps=2).passed


def test_an_empty_dataset_element_is_named():
    class Empty:
        element_spec = ({}, None)

        def take(self, count):
            return [({}, Y)] * count

    with pytest.raises(Unusable):
        verify.check(model(), Empty())


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
@pytest.mark.parametrize("behind", [[L.Identity()], [L.Activation("linear")], [L.Identity(), L.Identity()]])
def test_an_output_behind_layers_that_do_nothing_passes(activation, behind):
    net = keras.Sequential([keras.Input((5,)), L.Dense(3, activation), *behind])
    net.compile("sgd", keras.losses.CategoricalCrossentropy(), jit_compile=False)
    assert verify.check(net, X, Y).passed
