"""Embeddings that are refused: numbers that are no rows, and options that are not verified, each by name."""

import keras
import numpy as np
import pytest

import verify
from tests.verify.capture.layers.test_embedding import END, X, Y, model
from verify.capture.model_reader import understand
from verify.errors import Unsupported, Unusable

L = keras.layers
STRANGE = {"from 0 to 6, not 7": X + 2, "not -1": X - 1, "holds fractions, which Keras would cut off": X + 0.5}


@pytest.mark.parametrize("text", STRANGE)
def test_numbers_of_no_row_are_refused(text):
    with pytest.raises(Unusable, match=f"x: .*{text}"):
        verify.check(model(), STRANGE[text], Y)


def test_whole_numbers_that_float32_cannot_tell_apart_are_refused():
    net = keras.Sequential([keras.Input((1,), dtype="int32"), L.Embedding(2**24 + 2, 1), L.Flatten(), L.Dense(2)])
    net.compile("sgd", "mse")
    with pytest.raises(Unusable, match="16,777,216 on, which float32 cannot tell apart"):
        verify.check(net, np.array([[2**24 + 1]]), np.ones((1, 2)))


@pytest.mark.parametrize(("dtype", "number"), [("int8", 200), ("float16", 2049), ("bool", 2), ("bfloat16", 257)])
def test_an_input_type_that_cannot_hold_the_numbers_is_refused(dtype, number):
    with pytest.raises(Unusable, match=f"type {dtype}, which cannot hold"):
        verify.check(model(dtype=dtype, rows=3000), np.full((8, 5), number), Y)
    assert verify.check(model(dtype=dtype, rows=3000), X % 2, Y).passed


def test_a_trace_with_numbers_of_no_row_does_not_pass():
    from tests.support.simulate import altered
    from verify.compare.walk import compare

    trace = verify.check(model(), X, Y).trace
    for x in (X + 2, X + 0.5, X - 5):
        wrong = altered(trace, "step1/X", x.astype("float32"))
        failed = {c.tensor: c.explanation for c in compare(wrong, "backprop").comparisons if not c.passed}
        assert "an Embedding" in failed["X"]


def lora():
    layer = L.Embedding(7, 3)
    layer.build()
    layer.enable_lora(1)
    return layer


REFUSED = {
    "mask_zero": lambda: L.Embedding(7, 3, mask_zero=True),
    "embeddings_regularizer": lambda: L.Embedding(7, 3, embeddings_regularizer="l2"),
    "embeddings_constraint": lambda: L.Embedding(7, 3, embeddings_constraint="non_neg"),
    "activity_regularizer": lambda: L.Embedding(7, 3, activity_regularizer="l2"),
    "lora_rank": lora,
}


@pytest.mark.parametrize("name", REFUSED)
def test_options_are_refused_by_name(name):
    net = keras.Sequential([keras.Input((5,)), REFUSED[name](), *(make() for make in END)])
    with pytest.raises(Unsupported, match=name):
        understand(net)


def test_what_it_reads_must_come_from_the_input():
    i = keras.Input((5,))
    for given in (L.Dense(4, "relu")(i), L.Rescaling(2.0)(i), L.ReLU()(i)):
        net = keras.Model(i, L.Dense(2)(L.Flatten()(L.Embedding(7, 3)(given))))
        with pytest.raises(Unsupported, match=r"embedding.*other numbers than those of the input"):
            understand(net)


def test_a_layer_that_is_called_twice_is_refused():
    i, layer = keras.Input((5,)), L.Embedding(7, 3)
    net = keras.Model(i, L.Dense(2)(L.Flatten()(L.Add()([layer(i), layer(i)]))))
    with pytest.raises(Unsupported, match=r"embedding.*more than once"):
        understand(net)
