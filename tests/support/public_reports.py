"""Small models of one public report, what By Hand says of them, and the same runs with other numbers."""

import keras
import numpy as np
import pytest

import verify
from verify.capture.essay_model import use_precision
from verify.derive.case import DerivedStep
from verify.derive.derivation import explain
from verify.records.trace import Trace
from verify.results.judging import judge


def weights(value):
    """The arguments of a layer without a bias, and with these weights."""
    return {"use_bias": False, "kernel_initializer": keras.initializers.Constant(value)}


def model(*layers, shape=(1,), optimizer="sgd", loss="mean_squared_error", **how):
    """A compiled model of these layers."""
    net = keras.Sequential([keras.Input(shape), *layers])
    net.compile(optimizer, loss, **{"jit_compile": False, **how})
    return net


def checked(*layers, x, y, **how):
    """The check of one step of a model of these layers."""
    return verify.check(model(*layers, **how), np.asarray(x), np.asarray(y))


def value(check, name, step=1):
    """The numbers of a tensor, in one row."""
    return check.trace.step(step)[name].ravel()


def said(check, tensor, *index, step=1):
    """The notes below the derivation of one number."""
    return " ".join(explain(DerivedStep(check.trace, step), tensor, index).steps[0].notes)


def headline(check, step=1, **tensors):
    """The headline of the same run in which TensorFlow had given other numbers."""
    old = check.trace
    other = {f"step{step}/{name}": np.asarray(array, old.settings.dtype) for name, array in tensors.items()}
    other = {name: array.reshape(old.tensors[name].shape) for name, array in other.items()}
    trace = Trace(old.settings, old.network, old.environment, {**old.tensors, **other})
    return judge("backprop", trace, None).headline


@pytest.fixture
def in_float64():
    """Keras computes in float64 while a test runs."""
    use_precision("float64")
    yield
    use_precision("float32")
