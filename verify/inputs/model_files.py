"""Load the user model of `--model` from a file or a function.

The description in a file is checked as text before Keras builds anything from it.
"""

import importlib
import os
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np

from verify.errors import Unsupported, Unusable, Unverifiable
from verify.inputs.keras_archive import DAMAGED, MODELS, archive_description, h5_description
from verify.records.arrays import of_each
from verify.runtime.stderr import hushed

MEMBERS = ("config.json", "metadata.json", "model.weights.h5")
MOST = 4 * 2**30  # the most bytes that an archive may unpack to


@dataclass(frozen=True)
class UserModel:
    """A user model, and the examples x and y if its function returned them.

    x and y are arrays; of a model with several inputs or outputs, lists or dictionaries of them.
    """

    model: Any
    x: Any = None
    y: Any = None


def load(text: str, trust: bool, verbose: bool = False) -> UserModel:
    """Return the user model of `--model FILE` or `--model module:function`.

    A file is loaded in Keras's safe mode, and only if all its layers are known. `trust` switches both precautions
    off. A function can run any code.  Raises Unusable, naming the option, and Unsupported, naming the layers.
    """
    if not os.path.exists(text) and ":" in text:
        return _from_function(text)
    if not os.path.isfile(text):
        raise Unusable(f"--model {text}: no such file (nor module:function)")
    if not text.endswith((".keras", ".h5", ".hdf5")):
        raise Unusable(f"--model {text}: a .keras or .h5 file is needed, or module:function")
    try:
        description = _description(text)
        rows = [] if trust else list(_unknown(description))
    except Unusable as error:
        raise Unusable(f"--model {text}: {error}") from error
    except (AttributeError, KeyError, RecursionError, TypeError) as error:
        raise Unusable(f"--model {text}: {DAMAGED}") from error
    except Exception as error:  # a parser can raise any exception on a damaged file
        raise Unusable(f"--model {text}: it cannot be read ({_line(error)})") from error
    if rows:
        raise Unsupported(rows)
    return UserModel(_load_file(text, trust, verbose))


def _load_file(path: str, trust: bool, verbose: bool) -> Any:
    """Return the model that Keras loads.  Raises Unverifiable without TensorFlow, Unusable if Keras cannot load it."""
    with hushed(verbose):
        try:
            from verify.capture.user_model import load_model
        except ImportError as error:
            raise Unverifiable(f"TensorFlow cannot be imported ({error})") from error
        try:
            return load_model(path, safe=not trust)
        except Exception as error:  # Keras can raise any exception on a file
            raise Unusable(f"--model {path}: Keras cannot load it ({_line(error)})") from error


def _description(path: str) -> dict[str, Any]:
    """Return the description of the model in a file.  Raises Unusable, or any exception of a parser."""
    if not path.endswith(".keras"):
        with h5py.File(path, "r") as file:
            return h5_description(file)
    if not zipfile.is_zipfile(path):
        raise Unusable("it is no .keras archive, or a truncated one")
    with zipfile.ZipFile(path) as archive:
        _check_members(archive)
        return archive_description(archive)


def _check_members(archive: zipfile.ZipFile) -> None:
    """Raise Unusable unless an archive has the members of a Keras model, each once, and is not too large."""
    names = [info.filename for info in archive.infolist()]
    for name in names:
        if name not in MEMBERS and not (name.startswith("assets/") and ".." not in name.split("/")):
            raise Unusable(f"it holds {ascii(name)[:80]}, which no model has")
    if len(set(names)) != len(names) or not set(MEMBERS) <= set(names):
        raise Unusable(f"its members must be {', '.join(MEMBERS)}, each once")
    if sum(info.file_size for info in archive.infolist()) > MOST:
        raise Unusable(f"it would unpack to more than {MOST} bytes")


def _unknown(description: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (name, reason) for each layer that is not verified and for each class that is not part of Keras."""
    kind, layers = str(description["class_name"]), description["config"]["layers"]
    if kind not in MODELS:
        yield f"model ({_short(kind)})", "neither Sequential nor Functional"
    with hushed():
        from verify.capture.layers import by_layer
    verified = {layer_class.__name__ for layer_class in by_layer()} | {"Activation"}
    for layer in layers:
        name, kind = _short(layer["config"].get("name", "?")), str(layer["class_name"])
        if kind not in verified:
            yield f"layer {name} ({_short(kind)})", "By Hand does not know it; nothing of the file was run"
    for module, kind in _classes(description):
        if module.partition(".")[0] not in ("keras", "builtins", ""):
            yield f"class {_short(kind)} of {_short(module)}", "it is not Keras's own; --trust would run its code"


def _classes(node: Any) -> Iterator[tuple[str, str]]:
    """Yield (module, class name) of every class that Keras would build from the description."""
    if isinstance(node, dict) and "class_name" in node and "module" in node:
        yield str(node["module"] or ""), str(node["class_name"])
    if isinstance(node, dict | list):
        for child in node.values() if isinstance(node, dict) else node:
            yield from _classes(child)


def _from_function(text: str) -> UserModel:
    """Return the user model of `module:function` or `folder/module.py:function`.  Raises Unusable.

    A module without a folder may lie in the current one.
    """
    module, _, name = text.rpartition(":")
    folder = os.getcwd()
    if module.endswith(".py"):
        if not os.path.isfile(module):
            raise Unusable(f"--model {text}: there is no file {module}")
        folder, module = os.path.split(os.path.abspath(module.removesuffix(".py")))
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        with hushed():
            function = getattr(importlib.import_module(module), name)
            returned = function()
    except Exception as error:  # the user's code can raise any exception, and the user must see which
        raise Unusable(f"--model {text}: {type(error).__name__}: {_line(error)}") from error
    if not isinstance(returned, tuple):
        return UserModel(returned)
    if len(returned) != 3:
        count = len(returned)
        raise Unusable(f"--model {text}: the function must return a model, or a model, x and y, not {count} things")
    model, x, y = returned
    try:
        return UserModel(model, _arrays(x, model, "inputs"), _arrays(y, model, "outputs"))
    except (TypeError, ValueError) as error:
        raise Unusable(f"--model {text}: x and y must be arrays ({_line(error)})") from error


def _arrays(value: Any, model: Any, ends: str) -> Any:
    """Return x or y as an array, or as one array for each of several inputs or outputs.  Raises ValueError."""
    several = isinstance(value, dict) or len(getattr(model, ends, None) or ()) > 1
    return of_each(value, np.asarray) if several else np.asarray(value)


def _line(error: BaseException) -> str:
    """Return the first line of an error's message, shortened, or its class if it has no message."""
    lines = str(error).splitlines()
    return (lines[0] if lines else type(error).__name__).rstrip(".")[:200]


def _short(value: Any) -> str:
    """Return a value as a text of at most 60 characters that can be printed."""
    text = str(value)
    return text if text.isprintable() and len(text) <= 60 else ascii(text)[:60]
