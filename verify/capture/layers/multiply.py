"""Keras's Multiply."""

from typing import Any

import keras

from reference.layers.multiply import Multiply
from verify.capture.reader import Reader, Reading


class MultiplyReader(Reader):
    """Reads a Multiply layer, or the operation of the same name."""

    types = (keras.layers.Multiply,)
    operations = ("keras.src.ops.numpy.Multiply",)

    def read(self, layer: Any, reading: Reading) -> None:
        """Add the layer; `reference` refuses tensors of different shapes."""
        reading.add(layer, Multiply())


READER = MultiplyReader()
