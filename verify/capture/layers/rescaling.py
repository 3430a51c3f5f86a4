"""Keras's Rescaling."""

from typing import Any

import keras

from reference.layers.rescaling import Rescaling
from verify.capture.reader import Reader, Reading


class RescalingReader(Reader):
    """Reads a Rescaling layer with its scale and offset."""

    types = (keras.layers.Rescaling,)

    def read(self, layer: Any, reading: Reading) -> None:
        """Add the layer; note a scale or offset that is an array, which is not supported."""
        try:
            reading.add(layer, Rescaling(reading.rounded(layer, layer.scale), reading.rounded(layer, layer.offset)))
        except (TypeError, ValueError):
            reading.problem(layer, "its scale and offset are not single numbers")


READER = RescalingReader()
