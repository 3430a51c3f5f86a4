"""Small Keras models and data for the tests of verify.check, of --model and of the callback."""

import keras
import numpy as np
import pytest

from verify.cli.exit_status import guarded

MODULE = "tests.support.own_models"
RNG = np.random.default_rng(0)
L, S = keras.layers, keras.optimizers.schedules
X, LABELS = RNG.random((6, 9)), RNG.integers(5, size=6)
Y = np.eye(5)[LABELS]


@pytest.fixture(autouse=True)
def single_precision():
    """A model that a test makes in float64 leaves the next one in float32."""
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")


def command(main, *words):
    return guarded(main, [str(word) for word in words])


def sequential(*layers, loss="categorical_crossentropy", optimizer="adam", shape=(9,), **how):
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input(shape), *layers])
    model.compile(optimizer, loss, **{"jit_compile": False, **how})
    return model


def small(**how):
    return sequential(L.Dense(7, "relu"), L.Dense(5, "softmax"), **how)
