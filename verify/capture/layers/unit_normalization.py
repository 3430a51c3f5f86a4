"""Keras's UnitNormalization."""

from typing import Any

import keras

from reference.layers.unit_normalization import UnitNormalization
from verify.capture.normalizing import axes_of_example
from verify.capture.reader import Reader, Reading


class UnitNormalizationReader(Reader):
    """Reads a UnitNormalization layer."""

    types = (keras.layers.UnitNormalization,)

    def read(self, layer: Any, reading: Reading) -> None:
        """Add the layer; note axes that are not supported."""
        axes = axes_of_example(layer, layer.axis, reading)
        if axes:
            reading.add(layer, UnitNormalization(axes))


READER = UnitNormalizationReader()
