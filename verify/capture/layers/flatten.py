"""Keras's Flatten."""

from typing import Any

import keras

from reference.layers.flatten import Flatten
from verify.capture.reader import Reader, Reading


class FlattenReader(Reader):
    """Reads a Flatten layer."""

    types = (keras.layers.Flatten,)

    def read(self, layer: Any, reading: Reading) -> None:
        """Add the layer; with channels first, note that it moves the channels behind the rows and columns."""
        if layer.data_format == "channels_first" and len(layer.input.shape) > 2:
            reading.channels_first = True
        reading.add(layer, Flatten())


READER = FlattenReader()
