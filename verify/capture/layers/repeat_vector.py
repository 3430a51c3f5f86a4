"""Keras's RepeatVector."""

from typing import Any

import keras

from reference.layers.repeat_vector import RepeatVector
from verify.capture.reader import Reader, Reading


class RepeatVectorReader(Reader):
    """Reads a RepeatVector layer."""

    types = (keras.layers.RepeatVector,)

    def read(self, layer: Any, reading: Reading) -> None:
        """Add the layer."""
        reading.add(layer, RepeatVector(int(layer.n)))


READER = RepeatVectorReader()
