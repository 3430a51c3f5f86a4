"""Keras's Cropping1D, Cropping2D and Cropping3D."""

from typing import Any

import keras

from reference.layers.cropping import Cropping
from verify.capture.margins import margins_of, on_channels_last
from verify.capture.reader import Reader, Reading


class CroppingReader(Reader):
    """Reads a layer that crops."""

    types = (keras.layers.Cropping1D, keras.layers.Cropping2D, keras.layers.Cropping3D)

    def read(self, layer: Any, reading: Reading) -> None:
        """Add the layer; note channels that come first, which are not supported."""
        if on_channels_last(layer, reading):
            reading.add(layer, Cropping(margins_of(layer.cropping)))


READER = CroppingReader()
