"""Weights at random, and files like those of Keras, made without it; test_weights_of_keras.py reads real ones."""

import copy
import io
import json
import zipfile

import h5py
import numpy as np
import pytest

from reference.network import chain
from verify.errors import Unusable
from verify.inputs import weights

SMALL = chain((6, 5, 4, 3))


def random_weights(network=SMALL, dtype="float32"):
    rng = np.random.default_rng(3)
    return {name: rng.normal(size=network.shape(name)).astype(dtype) for name in network.parameters()}


def same(arrays, expected, dtype="float32"):
    assert list(arrays) == list(expected)
    for name, matrix in arrays.items():
        assert matrix.dtype == dtype and matrix.shape == expected[name].shape
        assert matrix.tobytes() == np.asarray(expected[name], dtype).tobytes(), name


def refused(path, *words, network=SMALL, dtype="float32", shown=None):
    with pytest.raises(Unusable) as caught:
        weights.read(str(path), network, dtype)
    text = str(caught.value)
    assert text.startswith(f"--weights {shown or path}: ") and text.isprintable() and len(text) < 500, text
    assert not text.endswith(".") and (not str(path) or text.count(str(path)) <= 1), text
    assert all(word in text for word in words), text


def layer(kind, name, **config):
    return {"module": "keras.layers", "class_name": kind, "config": {"name": name, **config}, "registered_name": None}


def sequential(*layers):
    return {"module": "keras", "class_name": "Sequential", "config": {"name": "s", "layers": list(layers)}}


def dense(k, **changed):
    config = {"units": SMALL.sizes[k], "activation": SMALL.activations[k - 1], "use_bias": True} | changed
    return layer("Dense", f"d{k}", **config)


INPUT = layer("InputLayer", "i", batch_shape=[None, 6])
PLAIN = sequential(INPUT, dense(1), dense(2), dense(3))


def in_line(*layers):
    """Return the description of a Functional model of these layers."""
    layers = copy.deepcopy(list(layers))
    for before, one in zip([None, *layers], layers, strict=False):
        tensor = {"config": {"keras_history": [before["config"]["name"], 0, 0]}} if before else None
        one["inbound_nodes"] = [{"args": [tensor], "kwargs": {}}] if before else []
    ends = {"input_layers": [layers[0]["config"]["name"], 0, 0], "output_layers": [layers[-1]["config"]["name"], 0, 0]}
    return {"module": "keras.src.models.functional", "class_name": "Functional", "config": {"layers": layers, **ends}}


def archive(path, config=PLAIN, edit=lambda file: None, others=(), **changed):
    """Write a .keras file; `edit` changes the numbers.  Return its path."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for k in (1, 2, 3):
            group = file.create_group(f"layers/dense{f'_{k - 1}' if k > 1 else ''}/vars")
            group["0"], group["1"] = random_weights()[f"W{k}"], random_weights()[f"B{k}"][0]
        edit(file)
    text = config if isinstance(config, bytes) else json.dumps(config).encode()
    members = {"config.json": text, "model.weights.h5": buffer.getvalue(), **changed}
    with zipfile.ZipFile(path, "w", 8) as target:
        for name, content in [*members.items(), *others]:
            if content is not None:
                target.writestr(name, content)
    return path


def whole(path, config=PLAIN, edit=lambda file: None):
    """Write an .h5 file; `edit` changes it.  Return its path."""
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = config if isinstance(config, (bytes, str)) else json.dumps(config)
        model = file.create_group("model_weights")
        model.attrs["layer_names"] = ["i", "d1", "d2", "d3"]
        for k in (1, 2, 3):
            group = model.create_group(f"d{k}")
            group.attrs["weight_names"] = [f"s/d{k}/kernel", f"s/d{k}/bias"]
            group[f"s/d{k}/kernel"], group[f"s/d{k}/bias"] = random_weights()[f"W{k}"], random_weights()[f"B{k}"][0]
        edit(file)
    return path


BOTH = pytest.mark.parametrize("write", [lambda p, *a: archive(p / "w.keras", *a), lambda p, *a: whole(p / "w.h5", *a)])

FLATTEN = layer("Flatten", "f", data_format="channels_last")
DROPOUT = layer("Dropout", "o", rate=0.2)
