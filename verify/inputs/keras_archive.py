"""Trained weights out of a Keras file without Keras: a `.keras` archive, or a whole model saved as `.h5`.

Keras loads a model by building what the file describes, and a file can describe a Lambda or a class of its own: code
of whoever wrote it.  Here json, zipfile and h5py read the description as text and the numbers as numbers, which
executes nobody's code, and nothing is unpacked to the disk.  A description of anything but the network asked for is
refused by name, and so is a file whose numbers lie elsewhere (links, external and virtual datasets).
"""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Callable
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from reference.network import Network
from verify.errors import Unusable

Array = NDArray[Any]
Fits = Callable[[str, tuple[int, ...], np.dtype[Any]], None]  # raises Unusable, by a tensor's name, shape and type

TEXT = 2**20  # bytes; the description of the essay's network takes 3,611
DAMAGED = "its description is not one that Keras writes; save the model again with model.save"


def read_archive(path: str, network: Network, fits: Fits, most: int) -> dict[str, Array]:
    """W1, B1, … of a `.keras` archive, of which nothing longer than `most` bytes is unpacked.

    Its groups are named by class and counted in the order of the model, `dense`, `dense_1`, …, whatever the layers
    are called.
    """
    with zipfile.ZipFile(path) as archive:
        layers = _dense_layers(_description(_member(archive, "config.json", TEXT)), network)
        content = _member(archive, "model.weights.h5", most)
    with h5py.File(io.BytesIO(content), "r") as file:
        groups = [_follow(file, f"layers/dense{f'_{k}' if k else ''}/vars") for k in range(len(layers))]
        places = [sorted({"0", "1", *group.keys()}) for group in groups]
        return _numbers(groups, places, fits, len(content))


def read_h5(content: bytes, network: Network, fits: Fits) -> dict[str, Array]:
    """W1, B1, … of a whole model in HDF5, whose groups bear the names of the layers."""
    with h5py.File(io.BytesIO(content), "r") as file:
        if "model_config" not in file.attrs:
            raise Unusable("it has weights but no model_config; save the whole model with model.save")
        names = _dense_layers(_description("".join(_attribute(file, "model_config"))), network)
        model = _follow(file, "model_weights")
        if [name for name in _attribute(model, "layer_names") if name in names] != names:
            raise Unusable("its layer_names are not in the order of its model_config; save the model again")
        groups = [_follow(model, name) for name in names]
        return _numbers(groups, [_attribute(group, "weight_names") for group in groups], fits, len(content))


def _member(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    found = [info for info in archive.infolist() if info.filename == name]
    if len(found) != 1:
        raise Unusable(f"it has {len(found)} members {name}, where one is needed; save the model again with model.save")
    if found[0].file_size > most:
        raise Unusable(
            f"its {name} would unpack to {found[0].file_size} bytes, and this network needs less than {most}"
        )
    return archive.read(found[0])  # zipfile stops at the size just checked


def _description(text: bytes | str) -> dict[str, Any]:
    if len(text) > TEXT:  # a text of no fixed length in HDF5 shows its length only once it is read
        raise Unusable(f"its description of the model is longer than {TEXT} bytes")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unusable("its description of the model is not JSON; save the model again with model.save") from error
    if not isinstance(found, dict):
        raise Unusable(DAMAGED)
    return found


def _dense_layers(description: dict[str, Any], network: Network) -> list[str]:
    """The names of the Dense layers in the order of computing.  Raises Unusable unless they make up the network."""
    try:
        found = _layers(description, network)
        if len({name for name, _, _ in found}) != len(found):
            raise Unusable("two of its layers have one name; save the model again with model.save")
        needed = list(zip(network.sizes[1:], network.activations, strict=True))
        if [(units, activation) for _, units, activation in found] != needed:
            have = ", ".join(f"{units} {activation}" for _, units, activation in found) or "none"
            want = ", ".join(f"{units} {activation}" for units, activation in needed)
            raise Unusable(f"its Dense layers are {_shown(have, 200)}, where {want} are needed, in this order")
    except (AttributeError, IndexError, KeyError, TypeError, RecursionError) as error:
        raise Unusable(DAMAGED) from error
    return [name for name, _, _ in found]


def _layers(description: dict[str, Any], network: Network) -> list[tuple[str, Any, Any]]:
    """Name, nodes and activation of each Dense layer; every other layer must change nothing."""
    kind, settings = _class(description), description["config"]
    if kind not in ("Sequential", "Functional", "Model"):
        raise Unusable(f"it is a model of class {_shown(kind)}; a Sequential or a Functional one can be read")
    if kind != "Sequential":
        _in_line(settings)
    found: list[tuple[str, Any, Any]] = []
    for layer in settings["layers"]:
        kind, config = _class(layer), layer["config"]
        name = config["name"]
        if not isinstance(name, str):
            raise TypeError("name")
        if kind == "Dense" and config.get("use_bias", True) is True:
            found.append((name, config["units"], config["activation"]))
        elif kind == "Activation" and found and found[-1][2] == "linear":
            found[-1] = (*found[-1][:2], config["activation"])
        elif objection := _objection(kind, config, network):
            raise Unusable(f"its layer {_shown(name)} of class {_shown(kind)} {objection}")
        elif kind == "Dropout" and _always(layer.get("inbound_nodes", [])):
            raise Unusable(f"its layer {_shown(name)} drops nodes in prediction too (training=True)")
    return found


def _class(layer: dict[str, Any]) -> str:
    """The class of a model or layer.  A class of somebody's own may be called Dense too: its module tells."""
    kind = layer["class_name"]
    if not isinstance(kind, str):
        raise TypeError("class_name")
    if str(layer.get("module", "keras")).split(".")[0] != "keras" or layer.get("registered_name") not in (None, kind):
        raise Unusable(f"its class {_shown(kind)} is not one of Keras's own; the network must be of Keras's own layers")
    return kind


def _objection(kind: str, config: dict[str, Any], network: Network) -> str:
    """Why a layer cannot be passed over in prediction; empty if it hands on what it is given."""
    if kind == "Dense":
        return "has no bias; train it with use_bias=True"
    if kind == "InputLayer":
        shape = config["batch_shape" if "batch_shape" in config else "batch_input_shape"][1:]  # Keras 3, Keras 2
        fits = all(type(n) is int for n in shape) and math.prod(shape) == network.sizes[0]
        return "" if fits else f"takes {_shown(shape)}, where {network.sizes[0]} numbers are needed"
    if kind == "Flatten" and config.get("data_format") == "channels_first":
        return "reorders the pixels (channels_first); channels_last is needed"
    if kind == "Rescaling" and (config["scale"] != 1 or config.get("offset", 0) != 0):
        return "rescales the images, which are scaled to 0-1 here; train on such images without that layer"
    if kind in ("Flatten", "Rescaling", "Dropout"):
        return ""
    return "has no place in this network, which is Dense layers with their activations and nothing else"


def _in_line(settings: dict[str, Any]) -> None:
    """Raise Unusable unless each layer of a Functional model has the one listed before it as its only input."""
    layers = settings["layers"]
    names = [layer["config"]["name"] for layer in layers]
    before = [_inputs(layer["inbound_nodes"]) for layer in layers]
    ends = [_first_of_one(settings[key]) for key in ("input_layers", "output_layers")]
    if before != [[], *([name] for name in names[:-1])] or ends != [names[0], names[-1]]:
        raise Unusable(
            "its layers, as listed, do not form one line from input to output; save a model without branches"
        )


def _inputs(nodes: Any) -> list[Any]:
    """Of one layer, the names of the layers it is called on: as Keras 3 writes them, or as Keras 2 did."""
    called = [node["args"] if isinstance(node, dict) else node for node in nodes]
    return [t["config"]["keras_history"][0] if isinstance(t, dict) else t[0] for tensors in called for t in tensors]


def _always(nodes: Any) -> bool:
    """Whether a Functional model calls the layer with training=True, which makes Dropout random in prediction."""
    asked = [node["kwargs"] if isinstance(node, dict) else node[0][3] for node in nodes]
    return any(bool(given.get("training")) for given in asked)


def _first_of_one(tensors: Any) -> Any:
    """The layer of [layer, node, tensor], or of a list of one such."""
    return tensors[0][0] if isinstance(tensors[0], list) and len(tensors) == 1 else tensors[0]


def _attribute(group: Any, name: str) -> list[str]:
    """A text or a list of texts."""
    if group.attrs.get_id(name).get_storage_size() > TEXT:
        raise Unusable(f"its {name} is longer than {TEXT} bytes")
    return [t.decode() if isinstance(t, bytes) else str(t) for t in np.atleast_1d(group.attrs[name]).tolist()]


def _follow(group: Any, place: str) -> Any:
    """What lies at a place in the file, and in the file only: links to elsewhere, or round in circles, end here."""
    for part in place.split("/"):
        link = group.get(part, getlink=True) if isinstance(group, h5py.Group) else None
        if link is None:
            raise Unusable(f"it has no {_shown(place)}; save the model again with model.save")
        if not isinstance(link, h5py.HardLink):
            raise Unusable(f"{_shown(part)} in it is a link to somewhere else, which is not followed")
        group = group[part]
    return group


def _numbers(groups: list[Any], places: list[list[str]], fits: Fits, most: int) -> dict[str, Array]:
    """The weight matrix and the bias of each layer, which lie in its group in this order."""
    found = {}
    for k, (group, names) in enumerate(zip(groups, places, strict=True), start=1):
        if len(names) != 2:
            raise Unusable(
                f"its Dense layer {k} holds {len(names)} arrays, where a weight matrix and a bias are needed"
            )
        for kind, place in zip("WB", names, strict=True):
            found[f"{kind}{k}"] = _read(f"{kind}{k}", _follow(group, place), fits, most)
    return found


def _read(name: str, data: Any, fits: Fits, most: int) -> Array:
    """The numbers of one dataset, once it is sure that they are in this file, in one piece and as many as it says.

    Keras writes them so.  A dataset can promise any shape and hold nothing but a fill value, or chunks of any size.
    """
    if not isinstance(data, h5py.Dataset):
        raise Unusable(f"{name} in it is not an array; save the model again with model.save")
    if data.is_virtual or data.external or data.chunks is not None:
        raise Unusable(f"{name} in it is kept outside the file, or in pieces; save the model again with model.save")
    fits(name, data.shape or (), data.dtype)
    if data.id.get_storage_size() != math.prod(data.shape) * data.dtype.itemsize or data.nbytes > most:
        raise Unusable(f"{name} in it has a shape but no numbers; save the model again with model.save")
    return np.asarray(data[()])


def _shown(value: Any, most: int = 60) -> str:
    """A stranger's text on one line, whatever is in it."""
    return ascii(value)[:most]
