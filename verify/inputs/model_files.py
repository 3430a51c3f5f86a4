"""A model from a file or a function, for `--model`; checked as a stranger's before anything in it is built."""

from __future__ import annotations

import importlib
import json
import os
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np

from verify.errors import Unsupported, Unusable, Unverifiable
from verify.inputs.keras_archive import DAMAGED, TEXT
from verify.records.trace import Array
from verify.runtime.stderr import hushed

MEMBERS = ("config.json", "metadata.json", "model.weights.h5")
MOST = 4 * 2**30  # bytes that a file may unpack to
MODELS = ("Sequential", "Functional", "Model")  # classes that a description may be of


@dataclass(frozen=True)
class Given:
    """A model, and the examples that its function handed over with it."""

    model: Any
    x: Array | None = None
    y: Array | None = None


def load(text: str, trust: bool, verbose: bool = False) -> Given:
    """The model of `--model FILE` or `--model module:function`.  Raises Unusable naming the option.

    A file is loaded in Keras's safe mode, and only once nothing but known layers stands in it; `trust` leaves
    both away. A function runs whatever it holds.
    """
    if not os.path.exists(text) and ":" in text:
        return _from_function(text)
    if not os.path.isfile(text):
        raise Unusable(f"--model {text}: no such file (nor module:function)")
    if not text.endswith((".keras", ".h5", ".hdf5")):
        raise Unusable(f"--model {text}: a .keras or .h5 file is needed, or module:function")
    try:
        _examine(text, trust)
    except Unsupported:
        raise
    except Unusable as error:
        raise Unusable(f"--model {text}: {error}") from error
    except Exception as error:  # parsers of a stranger's bytes: whatever they stumble over, the file is no good
        raise Unusable(f"--model {text}: it cannot be read ({_line(error)})") from error
    return Given(_loaded(text, trust, verbose))


def _loaded(path: str, trust: bool, verbose: bool) -> Any:
    with hushed(verbose):
        try:
            from verify.capture.model_copy import load_model
        except ImportError as error:
            raise Unverifiable(f"TensorFlow cannot be imported ({error})") from error
        try:
            return load_model(path, safe=not trust)
        except Exception as error:  # whatever Keras raises over a file
            raise Unusable(f"--model {path}: Keras cannot load it ({_line(error)})") from error


def _examine(path: str, trust: bool) -> None:
    """Read the description as text.  Raises Unsupported for what is not known, Unusable for what is damaged."""
    if path.endswith(".keras"):
        if not zipfile.is_zipfile(path):
            raise Unusable("it is no .keras archive, or a truncated one")
        with zipfile.ZipFile(path) as archive:
            _members(archive)
            description = archive.read("config.json")
    else:
        with h5py.File(path, "r") as file:
            if "model_config" not in file.attrs:
                raise Unusable("it has weights but no model_config; save the whole model with model.save")
            found = file.attrs["model_config"]
            description = found if isinstance(found, bytes) else str(found).encode()
    if len(description) > TEXT:
        raise Unusable(f"its description of the model is longer than {TEXT} bytes")
    try:
        config = json.loads(description)
        rows = [] if trust else list(_unknown(config))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Unusable(DAMAGED) from error
    if rows:
        raise Unsupported(rows)


def _members(archive: zipfile.ZipFile) -> None:
    names = [info.filename for info in archive.infolist()]
    for name in names:
        if name not in MEMBERS and not (name.startswith("assets/") and ".." not in name.split("/")):
            raise Unusable(f"it holds {ascii(name)[:80]}, which no model has")
    if len(set(names)) != len(names) or not set(MEMBERS) <= set(names):
        raise Unusable(f"its members must be {', '.join(MEMBERS)}, each once")
    if sum(info.file_size for info in archive.infolist()) > MOST:
        raise Unusable(f"it would unpack to more than {MOST} bytes")


def _unknown(config: Any) -> Iterator[tuple[str, str]]:
    """Layers that are not verified, and classes that are not Keras's own, by name."""
    if not isinstance(config, dict):
        raise TypeError("a description is a table")
    kind = str(config["class_name"])
    layers = config["config"]["layers"]
    if kind not in MODELS:
        yield f"model ({_short(kind)})", "neither Sequential nor Functional"
    for layer in layers:
        name, of = _short(layer["config"].get("name", "?")), str(layer["class_name"])
        if of not in _verified():
            yield f"layer {name} ({_short(of)})", "By Hand does not know it; nothing of the file was run"
    for module, of in _classes(config):
        if module.partition(".")[0] not in ("keras", "builtins", ""):
            yield f"class {_short(of)} of {_short(module)}", "it is not Keras's own; --trust would run its code"


def _verified() -> set[str]:
    """The Keras layers that are verified, by the names of their classes."""
    with hushed():
        from verify.capture.layers import by_layer
    return {kind.__name__ for kind in by_layer()} | {"Activation"}


def _classes(node: Any) -> Iterator[tuple[str, str]]:
    """Every class that the description would have built."""
    if isinstance(node, dict):
        if "class_name" in node and "module" in node:
            yield str(node["module"] or ""), str(node["class_name"])
        for child in node.values():
            yield from _classes(child)
    elif isinstance(node, list):
        for child in node:
            yield from _classes(child)


def _from_function(text: str) -> Given:
    """Import a module, from the current folder too, and call its function."""
    module, _, name = text.rpartition(":")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        with hushed():
            function = getattr(importlib.import_module(module), name)
            made = function()
    except Exception as error:  # a user's own code: whatever it raises is his to read
        raise Unusable(f"--model {text}: {type(error).__name__}: {_line(error)}") from error
    if not isinstance(made, tuple):
        return Given(made)
    if len(made) != 3:
        raise Unusable(f"--model {text}: the function must give a model, or a model, x and y, not {len(made)} things")
    return Given(made[0], np.asarray(made[1]), np.asarray(made[2]))


def _line(error: BaseException) -> str:
    lines = str(error).splitlines()
    return (lines[0] if lines else type(error).__name__).rstrip(".")[:200]


def _short(value: Any) -> str:
    text = str(value)
    return text if text.isprintable() and len(text) <= 60 else ascii(text)[:60]
