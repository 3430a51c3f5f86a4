"""Keras's Average."""

from typing import Any

import keras

from reference.layers.average import Average
from verify.capture.reader import Reader, Reading


class AverageReader(Reader):
    """Reads an Average layer."""

    types = (keras.layers.Average,)

    def read(self, layer: Any, reading: Reading) -> None:
        """Add the layer; `reference` refuses tensors of different shapes."""
        reading.add(layer, Average())


READER = AverageReader()
