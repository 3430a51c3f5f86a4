"""Keras's GroupNormalization."""

from typing import Any

import keras

from reference.layers.group_normalization import GroupNormalization
from verify.capture.normalizing import NormalizingReader
from verify.capture.reader import Reading


class GroupNormalizationReader(NormalizingReader):
    """Reads a GroupNormalization layer."""

    types = (keras.layers.GroupNormalization,)

    def read(self, layer: Any, reading: Reading) -> None:
        """Add the layer; note what is not supported: groups along another axis than the last."""
        if layer.axis not in (-1, len(reading.shapes[0])):
            reading.problem(layer, f"axis={layer.axis} is not verified, only the last axis")
            return
        options = float(layer.epsilon), bool(layer.center), bool(layer.scale), not layer.trainable
        reading.add(layer, GroupNormalization(*options, int(layer.groups)))


READER = GroupNormalizationReader()
