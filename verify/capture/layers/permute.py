"""Keras's Permute, and keras.ops.transpose where the examples stay apart."""

from typing import Any

import keras

from reference.layers.permute import Permute
from verify.capture.reader import Reader, Reading


class PermuteReader(Reader):
    """Reads a Permute layer or a transposition."""

    types = (keras.layers.Permute,)
    operations = ("keras.src.ops.numpy.Transpose",)

    def read(self, layer: Any, reading: Reading) -> None:
        """Add the layer; note a transposition that moves the axis of the examples, which is not supported."""
        if isinstance(layer, keras.layers.Permute):
            axes = (0, *layer.dims)
        else:
            rank = len(reading.shapes[0]) + 1
            axes = tuple(axis % rank for axis in (range(rank)[::-1] if layer.axes is None else layer.axes))
        if axes[0] != 0:
            reading.problem(layer, "it moves the axis of the examples, which is not verified")
        else:
            reading.add(layer, Permute(tuple(int(axis) for axis in axes[1:])))


READER = PermuteReader()
