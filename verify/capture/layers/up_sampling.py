"""Keras's UpSampling1D, UpSampling2D and UpSampling3D, without interpolation."""

from typing import Any

import keras

from reference.layers.up_sampling import UpSampling
from verify.capture.margins import on_channels_last
from verify.capture.reader import Reader, Reading


class UpSamplingReader(Reader):
    """Reads a layer that repeats positions."""

    types = (keras.layers.UpSampling1D, keras.layers.UpSampling2D, keras.layers.UpSampling3D)

    def read(self, layer: Any, reading: Reading) -> None:
        """Add the layer; note what is not supported: interpolation, and channels that come first."""
        nearest = getattr(layer, "interpolation", "nearest") == "nearest"
        if not nearest:
            reading.problem(layer, f"interpolation {layer.interpolation} is not verified; nearest is")
        if on_channels_last(layer, reading) and nearest:
            size = (layer.size,) if isinstance(layer.size, int) else layer.size
            reading.add(layer, UpSampling(tuple(map(int, size))))


READER = UpSamplingReader()
