"""Keras's Conv1DTranspose, Conv2DTranspose and Conv3DTranspose, with their own activation."""

from typing import Any

import keras

from reference.layers.transposed_convolution import TransposedConvolution
from verify.capture.reader import Reading
from verify.capture.sliding import SlidingReader


class TransposedConvolutionReader(SlidingReader):
    """Reads a transposed convolution and its activation."""

    types = (keras.layers.Conv1DTranspose, keras.layers.Conv2DTranspose, keras.layers.Conv3DTranspose)

    def read(self, layer: Any, reading: Reading) -> None:
        """Add the layer; note what is not supported."""
        more = () if layer.output_padding is None else tuple(map(int, layer.output_padding))
        options = self.options(layer, reading)
        reading.add_weights(layer, TransposedConvolution(filters=int(layer.filters), more=more, **options))


READER = TransposedConvolutionReader()
