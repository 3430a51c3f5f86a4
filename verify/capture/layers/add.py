"""Keras's Add."""

from typing import Any

import keras

from reference.layers.add import Add
from verify.capture.reader import Reader, Reading


class AddReader(Reader):
    """Reads an Add layer, or the operation of the same name."""

    types = (keras.layers.Add,)
    operations = ("keras.src.ops.numpy.Add",)

    def read(self, layer: Any, reading: Reading) -> None:
        """Add the layer; `reference` refuses tensors of different shapes."""
        reading.add(layer, Add())


READER = AddReader()
