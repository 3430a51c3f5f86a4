"""Read trained weights from a Keras file without Keras: a `.keras` archive, or a whole model saved as `.h5`.

Keras loads a model by building the objects that the file describes. A file can describe a Lambda layer or a class of
its author, so loading it can run the author's code. Here json, zipfile and h5py read the description as text and the
weights as numbers. This runs no code from the file, and nothing is unpacked to the disk. A file that describes another
network is refused, and so is a file that refers to numbers outside it (links, external and virtual datasets).
"""

import io
import json
import math
import zipfile
from collections.abc import Callable
from typing import Any

import h5py
import numpy as np

from reference.network import Network
from verify.errors import Unusable
from verify.records.trace import Array

Check = Callable[[str, tuple[int, ...], np.dtype[Any]], None]  # of a tensor's name, shape and type; raises Unusable
Config = dict[str, Any]  # an object of the description

MODELS = ("Sequential", "Functional", "Model")  # the classes of models that can be read
TEXT = 2**20  # the most bytes of a description; that of the essay's network takes 3,611
DAMAGED = "its description is not one that Keras writes; save the model again with model.save"


def read_archive(path: str, network: Network, check: Check, most: int) -> dict[str, Array]:
    """Return W1, B1, … of a `.keras` archive; no member longer than `most` bytes is unpacked.  Raises Unusable.

    The groups of the Dense layers are called `dense`, `dense_1`, … in the order of the model, whatever their names are.
    """
    with zipfile.ZipFile(path) as archive:
        layers = _dense_layers(archive_description(archive), network)
        content = _member(archive, "model.weights.h5", most)
    with h5py.File(io.BytesIO(content), "r") as file:
        groups = [_follow(file, f"layers/dense{f'_{k}' if k else ''}/vars") for k in range(len(layers))]
        paths = [sorted({"0", "1", *group.keys()}) for group in groups]
        return _tensors(groups, paths, check, len(content))


def read_h5(content: bytes, network: Network, check: Check) -> dict[str, Array]:
    """Return W1, B1, … of a whole model in HDF5, where the groups have the names of the layers.  Raises Unusable."""
    with h5py.File(io.BytesIO(content), "r") as file:
        names = _dense_layers(h5_description(file), network)
        model = _follow(file, "model_weights")
        if [name for name in _attribute(model, "layer_names") if name in names] != names:
            raise Unusable("its layer_names are not in the order of its model_config; save the model again")
        groups = [_follow(model, name) for name in names]
        return _tensors(groups, [_attribute(group, "weight_names") for group in groups], check, len(content))


def archive_description(archive: zipfile.ZipFile) -> Config:
    """Return the description of the model in a `.keras` archive.  Raises Unusable."""
    return _parse(_member(archive, "config.json", TEXT))


def h5_description(file: h5py.File) -> Config:
    """Return the description of a whole model in HDF5.  Raises Unusable."""
    if "model_config" not in file.attrs:
        raise Unusable("it has weights but no model_config; save the whole model with model.save")
    return _parse("".join(_attribute(file, "model_config")))


def _member(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """Return the content of one member.  Raises Unusable unless it exists once and has at most `most` bytes."""
    members = [info for info in archive.infolist() if info.filename == name]
    if len(members) != 1:
        count = len(members)
        raise Unusable(f"it has {count} members {name}, where one is needed; save the model again with model.save")
    size = members[0].file_size
    if size > most:
        raise Unusable(f"its {name} would unpack to {size} bytes, and at most {most} are read")
    return archive.read(members[0])  # zipfile reads no more than the size checked above


def _parse(text: bytes | str) -> Config:
    """Return the description of a model, parsed from JSON.  Raises Unusable."""
    if len(text) > TEXT:  # HDF5 does not tell the length of a variable-length text before it is read
        raise Unusable(f"its description of the model is longer than {TEXT} bytes")
    try:
        description = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unusable("its description of the model is not JSON; save the model again with model.save") from error
    if not isinstance(description, dict):
        raise Unusable(DAMAGED)
    return description


def _dense_layers(description: Config, network: Network) -> list[str]:
    """Return the names of the Dense layers in order.  Raises Unusable unless the model computes what `network` does."""
    try:
        layers = _layers(description, network)
    except (AttributeError, IndexError, KeyError, TypeError, RecursionError) as error:
        raise Unusable(DAMAGED) from error
    names = [name for name, _, _ in layers]
    if len(set(names)) != len(names):
        raise Unusable("two of its layers have one name; save the model again with model.save")
    needed = list(zip(network.sizes[1:], network.activations, strict=True))
    if [(units, activation) for _, units, activation in layers] != needed:
        present = ", ".join(f"{units} {activation}" for _, units, activation in layers) or "none"
        wanted = ", ".join(f"{units} {activation}" for units, activation in needed)
        raise Unusable(f"its Dense layers are {_shown(present, 200)}, where {wanted} are needed, in this order")
    return names


def _layers(description: Config, network: Network) -> list[tuple[str, Any, Any]]:
    """Return name, nodes and activation of each Dense layer.  Raises Unusable if another changes a prediction."""
    kind, settings = _class(description), description["config"]
    if kind not in MODELS:
        raise Unusable(f"it is a model of class {_shown(kind)}; a Sequential or a Functional one can be read")
    if kind != "Sequential":
        _check_in_line(settings)
    dense: list[tuple[str, Any, Any]] = []
    for layer in settings["layers"]:
        kind, config = _class(layer), layer["config"]
        name = config["name"]
        if not isinstance(name, str):
            raise TypeError("name")
        if kind == "Dense" and config.get("use_bias", True) is True:
            dense.append((name, config["units"], config["activation"]))
        elif kind == "Activation" and dense and dense[-1][2] == "linear":
            dense[-1] = (*dense[-1][:2], config["activation"])
        elif objection := _objection(kind, config, network):
            raise Unusable(f"its layer {_shown(name)} of class {_shown(kind)} {objection}")
        elif kind == "Dropout" and _in_training_mode(layer.get("inbound_nodes", [])):
            raise Unusable(f"its layer {_shown(name)} drops nodes in prediction too (training=True)")
    return dense


def _class(layer: Config) -> str:
    """Return the class name of a model or layer.  Raises Unusable if the class is not part of Keras."""
    kind = layer["class_name"]
    if not isinstance(kind, str):
        raise TypeError("class_name")
    if str(layer.get("module", "keras")).split(".")[0] != "keras" or layer.get("registered_name") not in (None, kind):
        raise Unusable(f"its class {_shown(kind)} is not one of Keras's own; the network must be of Keras's own layers")
    return kind


def _objection(kind: str, config: Config, network: Network) -> str:
    """Return why a layer changes a prediction, as the end of a sentence; empty if the layer is the identity."""
    if kind == "Dense":
        return "has no bias; train it with use_bias=True"
    if kind == "InputLayer":
        shape = config["batch_shape" if "batch_shape" in config else "batch_input_shape"][1:]  # Keras 3, Keras 2
        if all(type(n) is int for n in shape) and math.prod(shape) == network.sizes[0]:
            return ""
        return f"takes {_shown(shape)}, where {network.sizes[0]} numbers are needed"
    if kind == "Flatten" and config.get("data_format") == "channels_first":
        return "reorders the pixels (channels_first); channels_last is needed"
    if kind == "Rescaling" and (config["scale"] != 1 or config.get("offset", 0) != 0):
        return "rescales the images, which are scaled to 0-1 here; train on such images without that layer"
    if kind in ("Flatten", "Rescaling", "Dropout"):
        return ""
    return "has no place in this network, which is Dense layers with their activations and nothing else"


def _check_in_line(settings: Config) -> None:
    """Raise Unusable unless each layer of a Functional model has the layer listed before it as its only input."""
    layers = settings["layers"]
    names = [layer["config"]["name"] for layer in layers]
    inputs = [_inputs(layer["inbound_nodes"]) for layer in layers]
    ends = [_only_layer(settings[key]) for key in ("input_layers", "output_layers")]
    if inputs != [[], *([name] for name in names[:-1])] or ends != [names[0], names[-1]]:
        raise Unusable(
            "its layers, as listed, do not form one line from input to output; save a model without branches"
        )


def _inputs(nodes: Any) -> list[Any]:
    """Return the names of the layers that a layer is called on, in the format of Keras 3 or of Keras 2."""
    calls = [node["args"] if isinstance(node, dict) else node for node in nodes]
    return [t["config"]["keras_history"][0] if isinstance(t, dict) else t[0] for tensors in calls for t in tensors]


def _in_training_mode(nodes: Any) -> bool:
    """Return whether a Functional model calls the layer with training=True: then Dropout is random in prediction."""
    arguments = [node["kwargs"] if isinstance(node, dict) else node[0][3] for node in nodes]
    return any(bool(kwargs.get("training")) for kwargs in arguments)


def _only_layer(tensors: Any) -> Any:
    """Return the layer of [layer, node, tensor], or of a list with one such entry."""
    return tensors[0][0] if isinstance(tensors[0], list) and len(tensors) == 1 else tensors[0]


def _attribute(group: h5py.Group, name: str) -> list[str]:
    """Return an attribute, which is a text or a list of texts, as a list.  Raises Unusable if it is too long."""
    if group.attrs.get_id(name).get_storage_size() > TEXT:
        raise Unusable(f"its {name} is longer than {TEXT} bytes")
    return [t.decode() if isinstance(t, bytes) else str(t) for t in np.atleast_1d(group.attrs[name]).tolist()]


def _follow(group: h5py.Group, path: str) -> Any:
    """Return what is at a path inside the file.  Raises Unusable if it does not exist or a link is on the path."""
    for part in path.split("/"):
        link = group.get(part, getlink=True) if isinstance(group, h5py.Group) else None
        if link is None:
            raise Unusable(f"it has no {_shown(path)}; save the model again with model.save")
        if not isinstance(link, h5py.HardLink):
            raise Unusable(f"{_shown(part)} in it is a link to somewhere else, which is not followed")
        group = group[part]
    return group


def _tensors(groups: list[h5py.Group], paths: list[list[str]], check: Check, most: int) -> dict[str, Array]:
    """Return W1, B1, … from the groups of the layers; `paths` has those of W and B in each group.  Raises Unusable."""
    tensors = {}
    for k, (group, pair) in enumerate(zip(groups, paths, strict=True), start=1):
        if len(pair) != 2:
            raise Unusable(f"its Dense layer {k} holds {len(pair)} arrays, where a weight matrix and a bias are needed")
        for name, path in zip((f"W{k}", f"B{k}"), pair, strict=True):
            tensors[name] = _tensor(name, _follow(group, path), check, most)
    return tensors


def _tensor(name: str, data: Any, check: Check, most: int) -> Array:
    """Return the numbers of one dataset.  Raises Unusable unless the file holds all of them in one piece.

    In HDF5 a dataset can declare any shape and hold only a fill value, or chunks of any size.
    """
    if not isinstance(data, h5py.Dataset):
        raise Unusable(f"{name} in it is not an array; save the model again with model.save")
    if data.is_virtual or data.external or data.chunks is not None:
        raise Unusable(f"{name} in it is kept outside the file, or in pieces; save the model again with model.save")
    check(name, data.shape or (), data.dtype)
    if data.id.get_storage_size() != math.prod(data.shape) * data.dtype.itemsize or data.nbytes > most:
        raise Unusable(f"{name} in it has a shape but no numbers; save the model again with model.save")
    return np.asarray(data[()])


def _shown(value: Any, most: int = 60) -> str:
    """Return a value from the file as a text that can be printed on one line."""
    return ascii(value)[:most]
