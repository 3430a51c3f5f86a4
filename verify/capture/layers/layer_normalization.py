"""Keras's LayerNormalization."""

from typing import Any

import keras

from reference.layers.layer_normalization import LayerNormalization
from verify.capture.normalizing import NormalizingReader, axes_of_example
from verify.capture.reader import Reading


class LayerNormalizationReader(NormalizingReader):
    """Reads a LayerNormalization layer."""

    types = (keras.layers.LayerNormalization,)

    def read(self, layer: Any, reading: Reading) -> None:
        """Add the layer; note what is not supported: `rms_scaling` and some axes."""
        if getattr(layer, "rms_scaling", False):
            reading.problem(layer, "rms_scaling=True is not verified")
            return
        axes = axes_of_example(layer, layer.axis, reading)
        options = float(layer.epsilon), bool(layer.center), bool(layer.scale), not layer.trainable
        if axes:
            reading.add(layer, LayerNormalization(*options, axes))


READER = LayerNormalizationReader()
