"""Keras's ZeroPadding1D, ZeroPadding2D and ZeroPadding3D."""

from typing import Any

import keras

from reference.layers.zero_padding import ZeroPadding
from verify.capture.margins import margins_of, on_channels_last
from verify.capture.reader import Reader, Reading


class ZeroPaddingReader(Reader):
    """Reads a layer that pads with zeros."""

    types = (keras.layers.ZeroPadding1D, keras.layers.ZeroPadding2D, keras.layers.ZeroPadding3D)

    def read(self, layer: Any, reading: Reading) -> None:
        """Add the layer; note channels that come first, which are not supported."""
        if on_channels_last(layer, reading):
            reading.add(layer, ZeroPadding(margins_of(layer.padding)))


READER = ZeroPaddingReader()
