"""A trace: every tensor of a captured run, with the settings it was made under; saved as .npz."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference.network import ESSAY, Network
from reference.rules import rules
from verify.errors import Unusable
from verify.settings import OPTIMIZERS, Settings

SCHEMA = "byhand-trace/1"
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
        prefix = f"step{number}/"
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
        "network": _described(trace.network),
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


def _described(network: Network) -> dict[str, Any]:
    """Its parts by name, without those that the essay's network does not have."""
    return {name: value for name, value in asdict(network).items() if value != ()}


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
    network = _network(path, manifest.get("network"), settings, len(arrays))
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
    if not isinstance(manifest, dict) or manifest.get("schema") != SCHEMA:
        raise Unusable(f"{path}: the manifest is not of schema {SCHEMA}")
    return manifest


def _network(path: str, found: Any, settings: Settings, tensors: int) -> Network:
    try:
        sizes = tuple(found["sizes"])
        if any(type(n) is not int for n in sizes):
            raise ValueError("its sizes are not whole numbers")
        if len(sizes) > tensors + 1:
            raise ValueError(f"{len(sizes)} layers, and the file holds {tensors} tensors")
        more = set(found) - set(_described(ESSAY)) - {"biases", "dropout", "rescaling"}
        if more:
            raise ValueError(f"{ascii(sorted(more)[0])} is no part of one")
        rest = [tuple(found.get(name, ())) for name in ("biases", "dropout", "rescaling")]
        rest[2] = tuple((float(scale), float(offset)) for scale, offset in rest[2])
        network = Network(sizes, tuple(str(name) for name in found["activations"]), *rest)
        rules(network, settings.loss, OPTIMIZERS[settings.optimizer])
    except (TypeError, KeyError, ValueError, OverflowError) as error:
        raise Unusable(f"{path}: the manifest describes no usable network ({_first_line(error)})") from error
    return network
