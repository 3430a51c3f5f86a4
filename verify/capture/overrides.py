"""Find methods of Keras's classes that were replaced, on an object or on a class.

They are the usual reason why a model's own step differs from the step that By Hand captures.
"""

from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, MethodType
from typing import Any

import keras
import tensorflow as tf

from verify.capture.reader import VARIABLE

LIBRARIES = (*(str(Path(module.__file__).parent) for module in (keras, tf)), str(Path(__file__).parents[1]))
AT_RUN_TIME = ("train_function", "test_function", "predict_function")  # Keras sets these on every model


def replaced(model: Any) -> list[str]:
    """Return, in words, which methods of the model, its layers, loss and optimizer are not Keras's own."""
    objects = {"model": model, "optimizer": getattr(model, "optimizer", None)}
    loss = getattr(model, "loss", None)
    losses = loss.values() if isinstance(loss, dict) else loss if isinstance(loss, list | tuple) else [loss]
    objects |= {"loss" if len(losses) == 1 else f"loss {k}": one for k, one in enumerate(losses, 1)}
    objects |= {f"layer {layer.name}": layer for layer in model.layers}
    return [text for name, one in objects.items() if one is not None for text in _of_object(name, one)]


def replaced_at_run_time(model: Any) -> list[str]:
    """Return, in words, which of the functions that Keras compiles for a model were replaced."""
    return [text for text in _of_object("model", model) if text.split()[0].removeprefix("model.") in AT_RUN_TIME]


def _of_object(name: str, one: Any) -> Iterator[str]:
    """Yield the replaced methods of one object."""
    if isinstance(one, str | FunctionType | VARIABLE):
        return
    for attribute, value in list(getattr(one, "__dict__", {}).items()):
        known = callable(getattr(type(one), attribute, None)) or attribute in AT_RUN_TIME
        if known and callable(value) and not _of_library(value):
            yield f"{name}.{attribute} is replaced on the object"
    for kind in type(one).__mro__:
        for attribute, value in list(vars(kind).items()):
            if isinstance(value, FunctionType) and not _of_library(value):
                how = "is replaced in Keras's class" if kind.__module__.startswith("keras.") else "is defined in"
                yield f"{name}.{attribute} {how} {kind.__name__}"


def _of_library(function: Any) -> bool:
    """Return whether the code of a function, or the class of another object, stands in Keras, TensorFlow or By Hand."""
    if type(function).__module__.startswith("keras."):
        return True
    inner = function.__func__ if isinstance(function, MethodType) else getattr(function, "_python_function", function)
    code = getattr(inner, "__code__", None)
    return code is not None and code.co_filename.startswith(LIBRARIES)
