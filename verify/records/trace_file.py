"""Trace files: a trace as .npz, with a manifest that holds the checksum of every tensor."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from reference.layers import layer_named
from reference.network import Network, Node, chain
from reference.rules import rules
from verify.errors import Unusable
from verify.records.npz import first_line, read_npz
from verify.records.settings import OPTIMIZERS, Settings
from verify.records.trace import Array, Trace, digest

SCHEMA = "byhand-trace/2"


OLDER = "byhand-trace/1"  # of chains of Dense layers; it is read as well


LONGEST = 100  # characters of a class's name


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
        raise Unusable(f"{path}: the manifest describes no usable network ({first_line(error)})") from error
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
