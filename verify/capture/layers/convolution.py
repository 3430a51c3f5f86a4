"""Keras's Conv1D, Conv2D and Conv3D, with their own activation."""

from typing import Any

import keras

from reference.layers.convolution import Convolution
from verify.capture.reader import Reading
from verify.capture.sliding import SlidingReader


class ConvolutionReader(SlidingReader):
    """Reads a convolution and its activation."""

    types = (keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.Conv3D)

    def read(self, layer: Any, reading: Reading) -> None:
        """Add the layer; note what is not supported."""
        options = self.options(layer, reading)
        part = Convolution(filters=int(layer.filters), groups=int(layer.groups), **options)
        reading.add_weights(layer, part)


READER = ConvolutionReader()
