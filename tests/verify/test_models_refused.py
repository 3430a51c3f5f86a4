"""Models and arguments that verify.check refuses: the message names what is wrong."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import verify
from tests.support.small_models import LABELS, L, S, X, Y, sequential, small
from tests.support.small_models import single_precision as single_precision
from verify.errors import Unsupported, Unusable

UNKNOWN = {
    "LSTM": lambda: sequential(L.LSTM(2), L.Dense(5, "softmax"), shape=(3, 3)),
    "activation sin": lambda: sequential(L.Dense(7, keras.ops.sin), L.Dense(5, "softmax")),
    "activity_regularizer": lambda: sequential(L.Dense(5, "softmax", activity_regularizer=keras.ops.sum)),
    "all its layers are frozen": lambda: sequential(L.Dense(7, trainable=False), L.Dense(5, trainable=False)),
    "float16": lambda: sequential(L.Dense(5, "softmax", dtype="float16")),
    "mixed": lambda: sequential(L.Dense(5, "softmax", dtype="mixed_float16")),
    "loss circle": lambda: small(loss="circle"),
    "ignore_class": lambda: small(loss=keras.losses.SparseCategoricalCrossentropy(ignore_class=1)),
    "LossScaleOptimizer": lambda: small(optimizer=keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD())),
    "CosineDecayRestarts": lambda: small(optimizer=keras.optimizers.SGD(S.CosineDecayRestarts(0.1, 3, 0.5))),
    "a dropout rate must be": lambda: sequential(L.Dense(5), L.Dropout(1.0)),
    "negative slope of leaky_relu must be": lambda: sequential(L.Dense(5), L.LeakyReLU(negative_slope=1.5)),
    "Lambda": lambda: sequential(L.Lambda(lambda x: x), L.Dense(5, "softmax")),
    "computes in float32 behind": lambda: sequential(L.Dense(5, "softmax", dtype="float64")),
    "no layer with weights": lambda: sequential(L.Flatten()),
}


@pytest.mark.parametrize("word", UNKNOWN)
def test_what_is_not_known_is_named(word):
    with pytest.raises(Unsupported, match=word) as caught:
        verify.check(UNKNOWN[word](), X.reshape(6, 3, 3) if word == "LSTM" else X, Y)
    assert str(caught.value).startswith("UNSUPPORTED")


def test_an_unknown_layer_and_a_model_that_is_not_built_are_named():
    a = keras.Input((3,))
    for model, word in (
        (keras.Model(a, L.Dense(5)(L.Dot(-1)([L.Dense(3)(a), a]))), "Dot"),
        (keras.Sequential([L.Dense(3)]), "built"),
    ):
        with pytest.raises(Unsupported, match=word):
            verify.check(model, X[:, :3], Y, optimizer="sgd", loss="mean_squared_error")


def dataset(size):
    """A dataset of the examples, in batches of this size; 0: of single examples."""
    examples = tf.data.Dataset.from_tensor_slices((X, Y))
    return examples.batch(size) if size else examples


def muon(**options):
    return keras.optimizers.Muon(0.01, **options)


BAD = {
    "x: it holds NaN": {"x": np.full((6, 9), np.nan)},
    "x: numbers are needed": {"x": np.array([["a"] * 9] * 6)},
    "6 examples and 5 labels": {"y": Y[:5]},
    r"x: examples of shape \[8\]": {"x": X[:, :8]},
    "sparse_categorical_crossentropy": {"y": LABELS},
    "labels from 0 to 4": {"y": LABELS + 1, "loss": "sparse_categorical_crossentropy"},
    "steps: a whole number": {"steps": 0},
    "steps: a whole number from 1 to 200 is needed, not True": {"steps": True},
    "steps: a whole number from 1 to 200 is needed, not 2.0": {"steps": 2.0},
    "give both": {"rtol": 1e-3},
    "rtol: a number of 0 or more is needed, not 'a'": {"rtol": "a", "atol": 0.1},
    "atol: a number of 0 or more is needed, not inf": {"rtol": 1, "atol": np.inf},
    "optimizer: Keras knows none called 'zzz'$": {"optimizer": "zzz"},
    "optimizer: Keras knows none called 'addam'; did you mean 'adam'?": {"optimizer": "addam"},
    "loss: Keras knows none called 'squared_hing'; did you mean 'squared_hinge'?": {"loss": "squared_hing"},
    "y: a dataset holds the labels itself": {"x": dataset(2)},
    "y: labels are needed": {"y": None, "class_weight": {0: 1.0}},
    "exclude_layers must be a list of names or patterns, not 'dense'": {"optimizer": muon(exclude_layers="dense")},
    r"exclude_layers must be a list of names or patterns, not \['\('\]": {"optimizer": muon(exclude_layers=["("])},
    "ns_steps must be a whole number, not 5.0": {"optimizer": muon(ns_steps=5.0)},
    "x: the dataset gives single examples; make batches of them": {"x": dataset(0), "y": None},
    "not from 3 to 7": {"loss": "sparse_categorical_crossentropy", "y": np.arange(6) % 5 + 3},
    "these have 5 numbers each, as categorical_crossentropy": {"loss": "sparse_categorical_crossentropy"},
    "too large for float32": {"x": np.full((6, 9), 1e300)},
}


@pytest.mark.parametrize("word", BAD)
def test_what_cannot_be_used_is_named(word):
    given = {"x": X, "y": Y, **BAD[word]}
    with pytest.raises(Unusable, match=word):
        verify.check(small(), given.pop("x"), given.pop("y"), **given)


@pytest.mark.parametrize(("given", "name"), [(None, "None"), (L.Dense(5), "Dense"), ("m.keras", "str")])
@pytest.mark.parametrize("options", [{}, {"class_weight": {0: 2.0}}])
def test_what_is_no_model_is_named(given, name, options):
    with pytest.raises(Unusable, match=f"model: a model of Keras is needed, not {name}"):
        verify.check(given, X, Y, **options)


def test_numbers_of_numpy_are_numbers():
    options = {"steps": np.int64(2), "rtol": np.float32(1e-3), "atol": np.int8(1)}
    checked = verify.check(small(loss_weights=[np.float32(2)]), X, Y, **options)
    assert checked.passed and checked.trace.settings.steps == 2 and "weight=2" in checked.trace.settings.loss


def test_a_model_that_is_not_compiled_needs_both():
    model = keras.Sequential([keras.Input((9,)), L.Dense(5, "softmax")])
    with pytest.raises(Unusable, match="optimizer: the model is not compiled"):
        verify.check(model, X, Y)
    assert verify.check(model, X, Y, optimizer="sgd", loss="categorical_crossentropy").passed
    model.compile("sgd")
    with pytest.raises(
        Unusable, match="loss: the model is compiled with loss=None; compile it with one, or name loss="
    ):
        verify.check(model, X, Y)
    with pytest.raises(Unusable, match="loss: the model is compiled with loss=None"):
        verify.check(model, X, Y, optimizer="adam")
    assert verify.check(model, X, Y, loss="mse").passed
