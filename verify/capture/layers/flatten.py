"""Keras's Flatten."""

from typing import Any

import keras

from reference.layers.flatten import Flatten
from verify.capture.reader import Reader, Reading


class FlattenReader(Reader):
    """Reads a Flatten layer."""

    types = (keras.layers.Flatten,)

    def read(self, layer: Any, reading: Reading) -> None:
        """Add the layer; with channels first, it moves the channels behind the rows and columns."""
        channels_first = layer.data_format == "channels_first" and len(reading.shapes[0]) > 1
        if reading.flattens_input:  # X is put in this order before the first layer
            reading.channels_first = reading.channels_first or channels_first
            channels_first = False
        reading.add(layer, Flatten(channels_first))


READER = FlattenReader()
