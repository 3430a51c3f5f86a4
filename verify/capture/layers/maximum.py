"""Keras's Maximum."""

from typing import Any

import keras

from reference.layers.maximum import Maximum
from verify.capture.reader import Reader, Reading


class MaximumReader(Reader):
    """Reads a Maximum layer, or the operation of the same name."""

    types = (keras.layers.Maximum,)
    operations = ("keras.src.ops.numpy.Maximum",)

    def read(self, layer: Any, reading: Reading) -> None:
        """Add the layer; `reference` refuses tensors of different shapes."""
        reading.add(layer, Maximum())


READER = MaximumReader()
