"""Keras's Flatten."""

from typing import Any

import keras

from reference.layers.flatten import Flatten
from verify.capture.reader import Reader, Reading


class FlattenReader(Reader):
    """Reads a Flatten layer."""

    types = (keras.layers.Flatten,)

    def read(self, layer: Any, reading: Reading) -> None:
        """Add the layer."""
        reading.add(layer, Flatten())


READER = FlattenReader()
