"""Keras's Reshape, and keras.ops.reshape where the examples stay apart."""

from math import prod
from numbers import Integral
from typing import Any

import keras

from reference.layers.layer import Shape
from reference.layers.reshape import Reshape
from verify.capture.reader import Reader, Reading


class ReshapeReader(Reader):
    """Reads a Reshape layer or operation."""

    types = (keras.layers.Reshape,)
    operations = ("keras.src.ops.numpy.Reshape",)

    def read(self, layer: Any, reading: Reading) -> None:
        """Add the layer with the shape that -1 stands for; note shapes that mix examples, which are not supported."""
        numbers = prod(reading.shapes[0])
        if isinstance(layer, keras.layers.Reshape):
            target = _resolved(tuple(layer.target_shape), numbers)
        else:
            examples, *rest = layer.newshape if isinstance(layer.newshape, list | tuple) else (layer.newshape,)
            target = _resolved(tuple(rest), numbers) if examples in (-1, None) else None
        if target is None or prod(target) != numbers:
            reading.problem(layer, "its shape is verified only where the batch is open and each example keeps its size")
        else:
            reading.add(layer, Reshape(target))


def _resolved(target: tuple[Any, ...], numbers: int) -> Shape | None:
    """Return the shape of an example of so many numbers, in which -1 may stand once; None for any other shape."""
    if not all(isinstance(n, Integral) for n in target) or target.count(-1) > 1:
        return None
    known = prod(n for n in target if n != -1)
    return tuple(numbers // max(known, 1) if n == -1 else int(n) for n in target)


READER = ReshapeReader()
