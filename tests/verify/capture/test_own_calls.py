"""Models of classes of one's own: how their `call` is read, and which are refused."""

import keras
import numpy as np
import pytest

import verify
from verify.errors import Unsupported, Unverifiable

L = keras.layers
RNG = np.random.default_rng(0)
A, B = RNG.normal(size=(7, 4)).astype("float32"), RNG.normal(size=(7, 2, 3)).astype("float32")
ONE_HOT = np.eye(3, dtype="float32")[RNG.integers(3, size=7)]


class Functional(keras.Model):
    """A class of one's own that has the name of one of Keras's."""

    def __init__(self):
        super().__init__()
        self.only = L.Dense(3)

    def call(self, x):
        return self.only(x)


def test_a_class_with_the_name_of_one_of_keras_is_read():
    model = Functional()
    model(A)
    model.compile("sgd", "mse")
    assert verify.check(model, A, ONE_HOT).passed


class Stepping(keras.Model):
    """A functional model with a training step of its own."""

    factor = 1

    def train_step(self, data):
        x, *rest = data
        return super().train_step((x * self.factor, *rest))


def test_a_functional_model_with_a_step_of_its_own_is_read_and_run():
    a = keras.Input((4,))
    model = Stepping(a, L.Dense(3)(a))
    model.compile("sgd", "mse", jit_compile=False)
    assert verify.check(model, A, ONE_HOT).passed
    model.factor, model.train_function = 2, None
    with pytest.raises(Unverifiable, match="train_step is defined in Stepping"):
        verify.check(model, A, ONE_HOT)


class Two(keras.Model):
    """A model whose `call` takes two tensors."""

    def __init__(self):
        super().__init__()
        self.only = L.Dense(3)

    def call(self, x, other):
        return self.only(x) + self.only(other)


def test_a_call_of_two_tensors_is_named():
    model = Two()
    model(A, A)
    model.compile("sgd", "mse")
    with pytest.raises(Unsupported, match="missing 1 required positional argument"):
        verify.check(model, A, ONE_HOT)


def test_an_output_without_an_axis_is_named():
    b = keras.Input((2, 3))
    model = keras.Model(b, keras.ops.sum(L.Dense(3)(b), axis=(1, 2)))
    model.compile("sgd", "mse")
    with pytest.raises(Unsupported, match=r"it gives single numbers \[N\]"):
        verify.check(model, B, B[:, 0, 0])


def test_a_join_of_one_tensor_is_named():
    a = keras.Input((4,))
    model = keras.Model(a, L.Dense(3)(L.Concatenate()([a])))
    model.compile("sgd", "mse")
    with pytest.raises(Unsupported, match="joins one tensor only"):
        verify.check(model, A, ONE_HOT)


def test_a_call_is_read_once(monkeypatch):
    seen = []
    own = Functional.call
    monkeypatch.setattr(Functional, "call", lambda self, x: seen.append(type(x).__name__) or own(self, x))
    model = Functional()
    model(A)
    model.compile("sgd", "mse")
    seen.clear()
    assert verify.check(model, A, ONE_HOT, steps=3).passed
    assert seen.count("KerasTensor") == 1
