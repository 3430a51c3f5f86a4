"""Descriptions of models in .keras and .h5 files: those of this network are read, and all others refused."""

import json

import numpy as np
import pytest

from tests.verify.inputs.weight_files import (
    BOTH,
    DROPOUT,
    FLATTEN,
    INPUT,
    PLAIN,
    SMALL,
    dense,
    in_line,
    layer,
    random_weights,
    refused,
    same,
    sequential,
    whole,
)
from verify.inputs import weights

LIKE = {
    "plain": PLAIN,
    "in a line": in_line(INPUT, dense(1), dense(2), dense(3)),
    "no input layer": sequential(dense(1), dense(2), dense(3)),
    "an image": sequential(
        layer("InputLayer", "i", batch_shape=[None, 2, 3, 1]), FLATTEN, dense(1), dense(2), dense(3)
    ),
    "dropout": in_line(INPUT, dense(1), DROPOUT, dense(2), dense(3)),
    "rescaling by one": sequential(INPUT, layer("Rescaling", "r", scale=1.0, offset=0), dense(1), dense(2), dense(3)),
    "separate activations": in_line(
        INPUT,
        *(dense(1, activation="linear"), DROPOUT, layer("Activation", "a", activation="relu"), dense(2)),
        *(dense(3, activation="linear"), layer("Activation", "b", activation="softmax")),
    ),
}


@BOTH
@pytest.mark.parametrize("name", LIKE)
def test_models_that_are_this_network(tmp_path, write, name):
    same(weights.read(str(write(tmp_path, LIKE[name])), SMALL, "float32"), random_weights())


def without(key, *layers):
    return sequential(*({k: v for k, v in one.items() if k != key} for one in layers))


def called(*layers, **kwargs):
    """Return a Functional model whose dropout is called with these arguments."""
    model = in_line(*layers)
    for one in model["config"]["layers"]:
        if one["class_name"] == "Dropout":
            one["inbound_nodes"][0]["kwargs"] = kwargs
    return model


def branched(edit):
    model = in_line(INPUT, dense(1), dense(2), dense(3))
    edit(model["config"])
    return model


def stranger(**changed):
    return sequential(INPUT, {**dense(1), **changed}, dense(2), dense(3))


UNLIKE = {
    "order": (
        sequential(INPUT, dense(2), dense(1), dense(3)),
        "4 relu, 5 relu, 3 softmax",
        "5 relu, 4 relu, 3 softmax",
    ),
    "fewer": (sequential(INPUT, dense(1), dense(3)), "are '5 relu, 3 softmax', where"),
    "more": (
        sequential(INPUT, dense(1), dense(2), {**dense(2), "config": dense(2)["config"] | {"name": "x"}}, dense(3)),
    ),
    "no Dense": (sequential(INPUT), "are 'none'"),
    "empty": (sequential(), "are 'none'"),
    "sizes": (sequential(INPUT, dense(1, units=7), dense(2), dense(3)), "7 relu"),
    "activation": (sequential(INPUT, dense(1, activation="tanh"), dense(2), dense(3)), "5 tanh"),
    "no activation": (sequential(INPUT, dense(1), dense(2), dense(3, activation="linear")), "3 linear"),
    "an object": (sequential(INPUT, dense(1, activation={"class_name": "\x1b"}), dense(2), dense(3)), "class_name"),
    "activation twice": (sequential(INPUT, dense(1), layer("Activation", "a", activation="relu"), dense(2)), "'a' of"),
    "activation first": (sequential(INPUT, layer("Activation", "a", activation="relu"), dense(1)), "no place"),
    "no bias": (sequential(INPUT, dense(1), dense(2, use_bias=False), dense(3)), "'d2'", "no bias"),
    "Lambda": (sequential(INPUT, layer("Lambda", "l"), dense(1)), "'l' of class 'Lambda' has no place"),
    "Conv2D": (sequential(INPUT, layer("Conv2D", "c"), dense(1)), "'c' of class 'Conv2D' has no place"),
    "an escape": (sequential(INPUT, layer("A\x1b[31m\n", "\x07" * 999), dense(1)), "x1b", "x07"),
    "rescaling": (sequential(INPUT, layer("Rescaling", "r", scale=1 / 255, offset=0.0), dense(1)), "scaled to 0-1"),
    "shifting": (sequential(INPUT, layer("Rescaling", "r", scale=1, offset=[0.5]), dense(1)), "scaled to 0-1"),
    "channels first": (sequential(INPUT, layer("Flatten", "f", data_format="channels_first")), "channels_last"),
    "input": (sequential(layer("InputLayer", "i", batch_shape=[None, 2, 6]), dense(1)), "[2, 6]", "6 numbers"),
    "any input": (sequential(layer("InputLayer", "i", batch_shape=[None, None]), dense(1)), "6 numbers"),
    "huge input": (sequential(layer("InputLayer", "i", batch_shape=[None, "a", 10**12])), "6 numbers"),
    "dropout always": (called(INPUT, dense(1), DROPOUT, dense(2), training=True), "training=True"),
    "one name": (sequential(INPUT, dense(1), dense(1), dense(3)), "one name"),
    "own class": (stranger(module=None, registered_name="Dense"), "Keras's own"),
    "own module": (stranger(module="mine.layers", registered_name="mine>Dense"), "Keras's own"),
    "own name": (stranger(registered_name="mine>Dense"), "Keras's own"),
    "own model": ({**PLAIN, "class_name": "MyModel"}, "class 'MyModel'"),
    "two inputs": (branched(lambda c: c["layers"][2]["inbound_nodes"][0]["args"].append(in_line(INPUT, INPUT))), ""),
    "skips a layer": (branched(lambda c: c["layers"][3].update(inbound_nodes=c["layers"][2]["inbound_nodes"])), "line"),
    "called twice": (
        branched(lambda c: c["layers"][2].update(inbound_nodes=c["layers"][2]["inbound_nodes"] * 2)),
        "line",
    ),
    "another order listed": (branched(lambda c: c["layers"].reverse()), "line"),
    "an earlier output": (branched(lambda c: c.update(output_layers=["d2", 0, 0])), "line"),
    "two outputs": (branched(lambda c: c.update(output_layers=[["d2", 0, 0], ["d3", 0, 0]])), "line"),
    "no class": (without("class_name", INPUT, dense(1)), "description"),
    "no config": (without("config", INPUT, dense(1)), "description"),
    "a list": ([], "description"),
    "a number": (3, "description"),
    "nothing in it": ({}, "description"),
    "layers no list": ({**PLAIN, "config": {"layers": 3}}, "description"),
    "a layer no object": (sequential(INPUT, "Dense"), "description"),
    "a name no text": (sequential(layer("Dense", ["x"])), "description"),
    "a class no text": (stranger(class_name=["Dense"]), "description"),
    "not JSON": (b"{", "not JSON"),
    "not UTF-8": (b'{"a": "\xff"}',),
    "deep": (b"[" * 100_000, "JSON"),
    "deep within": (b'{"class_name": "Sequential", "config": ' + b'{"layers":[' * 400 + b"]}" * 400 + b"}", ""),
    "large numbers": (b'{"a": ' + b"9" * 5000 + b"}", "JSON"),
    "long": (json.dumps({**PLAIN, "x": " " * 2**21}).encode(), "bytes"),
}


@BOTH
@pytest.mark.parametrize("name", UNLIKE)
def test_models_that_are_not(tmp_path, write, name):
    config, *words = UNLIKE[name]
    refused(write(tmp_path, config), *words)


def test_the_files_of_keras_2(tmp_path):
    """Its `.h5` has :0 on the names of the weights, texts as bytes, and another way to write a line of layers."""
    model = in_line(INPUT, dense(1), DROPOUT, dense(2), dense(3))
    model.pop("module")
    model["config"].update(input_layers=[["i", 0, 0]], output_layers=[["d3", 0, 0]])
    for before, one in zip([None, *model["config"]["layers"]], model["config"]["layers"], strict=False):
        one.pop("module")
        one.pop("registered_name")
        one["inbound_nodes"] = [[[before["config"]["name"], 0, 0, {}]]] if before else []
    model["config"]["layers"][0]["config"]["batch_input_shape"] = model["config"]["layers"][0]["config"].pop(
        "batch_shape"
    )

    def edit(file):
        file["model_weights"].attrs["layer_names"] = np.array([b"i", b"d1", b"o", b"d2", b"d3"])
        group = file["model_weights/d1"]
        group.move("s/d1/kernel", "d1/kernel:0")
        group.move("s/d1/bias", "d1/bias:0")
        group.attrs["weight_names"] = np.array([b"d1/kernel:0", b"d1/bias:0"])

    path = whole(tmp_path / "w.h5", json.dumps(model).encode(), edit)
    same(weights.read(str(path), SMALL, "float32"), random_weights())
    model["config"]["layers"][2]["inbound_nodes"][0][0][3] = {"training": True}
    refused(whole(tmp_path / "w.h5", model, edit), "training=True")
