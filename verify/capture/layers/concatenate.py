"""Keras's Concatenate."""

from typing import Any

import keras

from reference.layers.concatenate import Concatenate
from verify.capture.reader import Reader, Reading


class ConcatenateReader(Reader):
    """Reads a Concatenate layer."""

    types = (keras.layers.Concatenate,)

    def read(self, layer: Any, reading: Reading) -> None:
        """Add the layer; note an axis of the examples, which is not supported."""
        rank = len(reading.shapes[0]) + 1
        axis = layer.axis if layer.axis < 0 else layer.axis - rank
        if not -rank < axis < 0:
            reading.problem(layer, f"it joins along axis {layer.axis}, that of the examples")
            return
        if len(reading.shapes) == 1:
            reading.problem(layer, "it joins one tensor only; leave it out")
            return
        reading.add(layer, Concatenate(axis))


READER = ConcatenateReader()
