"""Keras's Minimum."""

from typing import Any

import keras

from reference.layers.minimum import Minimum
from verify.capture.reader import Reader, Reading


class MinimumReader(Reader):
    """Reads a Minimum layer, or the operation of the same name."""

    types = (keras.layers.Minimum,)
    operations = ("keras.src.ops.numpy.Minimum",)

    def read(self, layer: Any, reading: Reading) -> None:
        """Add the layer; `reference` refuses tensors of different shapes."""
        reading.add(layer, Minimum())


READER = MinimumReader()
