"""Remember a model with everything it consists of, and put it back to the last bit."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from verify.capture.essay_model import to_numpy
from verify.capture.reader import VARIABLE
from verify.records.trace import Array

FOLLOWED = (list, dict, set, tuple, np.ndarray, tf.Variable)


@contextmanager
def unchanged(*objects: Any) -> Iterator[None]:
    """Put these Keras objects back after the `with` block: every variable, every attribute, every list in them.

    An object that is neither of Keras, nor a list, dictionary, set, array or variable, is not looked into.
    """
    memory = Memory(*objects)
    try:
        yield
    finally:
        memory.put_back()


class Memory:
    """Everything that can be reached from some Keras objects through attributes, lists, dictionaries and sets.

    Variables are remembered by value. An attribute or a member that did not exist is removed again by `put_back`:
    an optimizer that was not built is not built afterwards.
    """

    def __init__(self, *objects: Any) -> None:
        self.values: list[tuple[Any, Array]] = []
        self.attributes: list[tuple[dict[str, Any], dict[str, Any]]] = []
        self.members: list[tuple[Any, Any]] = []
        self.arrays: list[tuple[Array, Array]] = []
        visited: dict[int, Any] = {}
        waiting = list(objects)
        while waiting:
            one = waiting.pop()
            one = getattr(one, "__wrapped__", one) if not _is_keras(one) else one
            if id(one) not in visited:
                visited[id(one)] = one
                waiting += self._remember(one)

    def _remember(self, one: Any) -> list[Any]:
        """Remember one object, and return what can be reached from it."""
        if isinstance(one, VARIABLE | tf.Variable):
            self.values.append((one, to_numpy(one)))
            return []
        reached: list[Any] = []
        if isinstance(one, np.ndarray):
            self.arrays.append((one, one.copy()))
        if isinstance(one, tuple):
            reached += one
        if isinstance(one, list | dict | set):
            kind = next(base for base in (list, dict, set) if isinstance(one, base))
            self.members.append((one, kind(one)))
            reached += one.values() if isinstance(one, dict) else one
        if (_is_keras(one) or reached or isinstance(one, list | dict | set)) and hasattr(one, "__dict__"):
            self.attributes.append((vars(one), dict(vars(one))))
            reached += vars(one).values()
        return [x for x in reached if _is_keras(x) or isinstance(x, FOLLOWED) or hasattr(x, "__wrapped__")]

    def put_back(self) -> None:
        """Give every remembered object the attributes, members and values that it had."""
        for attributes, saved in self.attributes:
            attributes.clear()
            attributes.update(saved)
        for container, saved in self.members:
            if isinstance(container, list):
                list.__setitem__(container, slice(None), saved)
            elif isinstance(container, dict):
                dict.clear(container)
                dict.update(container, saved)
            else:
                container.clear()
                container.update(saved)
        for variable, value in self.values:
            variable.assign(value)
        for array, numbers in self.arrays:
            if array.flags.writeable:
                array[...] = numbers


def _is_keras(one: Any) -> bool:
    """Return whether an object is of one of Keras's classes, or of a derived one; classes and callbacks are not."""
    if isinstance(one, type | keras.callbacks.Callback):
        return False
    return any(base.__module__.startswith("keras.") for base in type(one).__mro__)
