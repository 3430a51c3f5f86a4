"""Keras's Subtract."""

from typing import Any

import keras

from reference.layers.subtract import Subtract
from verify.capture.reader import Reader, Reading


class SubtractReader(Reader):
    """Reads a Subtract layer, or the operation of the same name."""

    types = (keras.layers.Subtract,)
    operations = ("keras.src.ops.numpy.Subtract",)

    def read(self, layer: Any, reading: Reading) -> None:
        """Add the layer; `reference` refuses tensors of different shapes."""
        reading.add(layer, Subtract())


READER = SubtractReader()
