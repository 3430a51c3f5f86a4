"""A trace: every tensor of a captured run, with the settings it was made under; saved as .npz."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference.layers import layer_named
from reference.network import Network, Node, chain
from reference.rules import rules
from reference.tensor_names import in_step
from verify.errors import Unusable
from verify.settings import OPTIMIZERS, Settings

SCHEMA = "byhand-trace/2"
OLDER = "byhand-trace/1"  # of chains of Dense layers; it is read as well
LONGEST = 100  # characters of a class's name
Array = NDArray[Any]


@dataclass(frozen=True)
class Trace:
    """Tensors by name (`step1/Z1`), in the order captured, read-only; and how they came to be.

    `classes` has a name for each output, if they have names other than their numbers.
    """

    settings: Settings
    network: Network
    environment: Mapping[str, str]
    tensors: Mapping[str, Array]
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for array in self.tensors.values():
            array.setflags(write=False)
        object.__setattr__(self, "tensors", MappingProxyType(dict(self.tensors)))

    def label(self, output: int) -> str:
        """The name of a class, by the place of its output, from 0."""
        return self.classes[output] if self.classes else str(output)

    def step(self, number: int) -> dict[str, Array]:
        """The tensors of one step (from 1), without the prefix."""
        prefix = in_step(number, "")
        return {name[len(prefix) :]: a for name, a in self.tensors.items() if name.startswith(prefix)}


def digest(array: Array) -> str:
    """Hexadecimal SHA-256 of the array's bytes in C order."""
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def to_bytes(trace: Trace) -> bytes:
    """The trace file: the arrays, and a manifest with their checksums. The same trace gives the same bytes."""
    manifest = {
        "schema": SCHEMA,
        "settings": trace.settings.to_dict(),
        "environment": dict(trace.environment),
        "network": {"layers": described(trace.network)["layers"]},
        "optimizer": trace.settings.optimizer,
        "sha256": {name: digest(array) for name, array in trace.tensors.items()},
    }
    if trace.classes:
        manifest["classes"] = list(trace.classes)
    buffer = io.BytesIO()
    text: Any = np.array(json.dumps(manifest))
    arrays: dict[str, Any] = dict(trace.tensors)
    np.savez(buffer, manifest=text, **arrays)
    return buffer.getvalue()


def described(network: Network) -> dict[str, Any]:
    """Sizes, activations, and the layers in order as texts, each with the places of those that it reads."""
    layers = [{"layer": str(node.layer), "reads": list(node.reads)} for node in network.nodes]
    return {"sizes": list(network.sizes), "activations": list(network.activations), "layers": layers}


def load(path: str) -> Trace:
    """Read a trace file.  Raises Unusable, naming the file, for anything that is not a whole trace."""
    held, wrong = examine(path)
    for name, what in wrong.items():
        raise Unusable(f"{path}: tensor {ascii(name) if what == LACKING else name} {what}")
    return held


ALTERED = "does not match its checksum; the file has been altered"
LACKING = "is in the manifest but not in the file"
UNKNOWN = "is in the file but not in the manifest"


def examine(path: str) -> tuple[Trace, dict[str, str]]:
    """What a trace file holds, and what is wrong with each tensor that is not as the manifest has it.

    Raises Unusable, naming the file, where even settings and network cannot be told.
    """
    arrays = read_npz(path)
    manifest = _manifest(path, arrays.pop("manifest", None))
    settings = Settings.from_dict(manifest.get("settings"), path)
    if manifest.get("optimizer") != settings.optimizer:
        raise Unusable(f"{path}: the manifest names another optimizer than its settings")
    checksums = manifest.get("sha256")
    if not isinstance(checksums, dict):
        raise Unusable(f"{path}: the manifest has no checksums")
    wrong = {name: LACKING for name in checksums if name not in arrays}
    for name, array in arrays.items():
        if not name or not name.isprintable():
            raise Unusable(f"{path}: a tensor's name, {ascii(name)}, is not plain text")
        if name not in checksums:
            wrong[name] = UNKNOWN
        elif digest(array) != checksums[name]:
            wrong[name] = ALTERED
    texts = _texts(path, manifest.get("environment"))
    if settings.steps > len(arrays):
        raise Unusable(f"{path}: it promises {settings.steps} steps and holds {len(arrays)} tensors")
    network = _network(path, manifest, settings, len(arrays))
    return Trace(settings, network, texts, arrays, _classes(path, manifest.get("classes", []), network)), wrong


def _classes(path: str, found: Any, network: Network) -> tuple[str, ...]:
    """Names from elsewhere, which may hold anything: the renderers see to that."""
    texts = isinstance(found, list) and all(isinstance(name, str) and len(name) <= LONGEST for name in found)
    if not texts or len(found) not in (0, network.sizes[-1]):
        raise Unusable(f"{path}: the manifest's classes are not a name for each output")
    return tuple(found)


def _texts(path: str, environment: Any) -> dict[str, str]:
    if not isinstance(environment, dict):
        raise Unusable(f"{path}: the manifest has no environment")
    texts = {str(k): str(v) for k, v in environment.items()}
    if not all(text.isprintable() for pair in texts.items() for text in pair):
        raise Unusable(f"{path}: the environment in its manifest is not plain text")
    return texts


def read_npz(path: str) -> dict[str, Array]:
    """All arrays of an .npz archive, never unpickling.  Raises Unusable naming the file."""
    if not os.path.isfile(path):
        raise Unusable(f"{path}: no such file")
    try:
        if not zipfile.is_zipfile(path):
            raise Unusable(f"{path}: not an .npz archive, or a truncated one")
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
            repeated = len(arrays) != len(archive.files)
    except Unusable:
        raise
    except Exception as error:  # a parser of a stranger's bytes: whatever it stumbles over, the file is no good
        raise Unusable(f"{path}: cannot be read as an .npz archive of plain arrays ({_first_line(error)})") from error
    if repeated or not all(isinstance(array, np.ndarray) for array in arrays.values()):
        raise Unusable(f"{path}: cannot be read as an .npz archive of plain arrays (a member is double or no array)")
    return arrays


def _first_line(error: BaseException) -> str:
    text = str(error) or type(error).__name__
    return text.splitlines()[0].rstrip(".")[:120]


def _manifest(path: str, found: Array | None) -> dict[str, Any]:
    if found is None or found.dtype.kind != "U" or found.ndim:
        raise Unusable(f"{path}: no manifest; not a trace written by --save-trace")
    try:
        manifest = json.loads(str(found))
    except (ValueError, RecursionError) as error:
        raise Unusable(f"{path}: the manifest is not JSON") from error
    if not isinstance(manifest, dict) or manifest.get("schema") not in (SCHEMA, OLDER):
        raise Unusable(f"{path}: the manifest is not of schema {SCHEMA} or {OLDER}")
    return manifest


def _network(path: str, manifest: Mapping[str, Any], settings: Settings, tensors: int) -> Network:
    found = manifest.get("network")
    try:
        made = _layers(found, tensors) if manifest["schema"] == SCHEMA else _chain(found, tensors)
        rules(made, settings.loss, OPTIMIZERS[settings.optimizer])
    except (TypeError, KeyError, ValueError, OverflowError) as error:
        raise Unusable(f"{path}: the manifest describes no usable network ({_first_line(error)})") from error
    return made


def _layers(found: Any, tensors: int) -> Network:
    """The network of a manifest.  Raises ValueError, KeyError or TypeError."""
    if set(found) != {"layers"} or not isinstance(found["layers"], list):
        raise ValueError("it has no list of layers")
    if len(found["layers"]) > 4 * (tensors + 1):
        raise ValueError(f"{len(found['layers'])} layers, and the file holds {tensors} tensors")
    nodes = []
    for described in found["layers"]:
        if set(described) != {"layer", "reads"} or not isinstance(described["layer"], str):
            raise ValueError(f"{ascii(described)[:80]} is not a layer and what it reads")
        if any(type(place) is not int for place in described["reads"]):
            raise ValueError("the layers that a layer reads are not whole numbers")
        nodes.append(Node(layer_named(described["layer"]), tuple(described["reads"])))
    return Network(tuple(nodes))


def _chain(found: Any, tensors: int) -> Network:
    """The network of a manifest of the older schema.  Raises ValueError, KeyError or TypeError."""
    sizes = tuple(found["sizes"])
    if any(type(n) is not int for n in sizes):
        raise ValueError("its sizes are not whole numbers")
    if len(sizes) > tensors + 1:
        raise ValueError(f"{len(sizes)} layers, and the file holds {tensors} tensors")
    more = set(found) - {"sizes", "activations", "biases", "dropout", "rescaling"}
    if more:
        raise ValueError(f"{ascii(sorted(more)[0])} is no part of one")
    rest = [tuple(found.get(name, ())) for name in ("biases", "dropout", "rescaling")]
    rest[2] = tuple((float(scale), float(offset)) for scale, offset in rest[2])
    return chain(sizes, tuple(str(name) for name in found["activations"]), *rest)
