"""Keras's RMSNormalization, which older releases do not have."""

from typing import Any

import keras

from reference.layers.rms_normalization import RMSNormalization
from verify.capture.normalizing import axes_of_example
from verify.capture.reader import Reader, Reading


class RMSNormalizationReader(Reader):
    """Reads an RMSNormalization layer."""

    types = (keras.layers.RMSNormalization,) if hasattr(keras.layers, "RMSNormalization") else ()

    def read(self, layer: Any, reading: Reading) -> None:
        """Add the layer; note axes that are not supported.

        Keras multiplies by a γ of the lengths of the axes, which is right for the last axes only.
        """
        axes = axes_of_example(layer, layer.axis, reading)
        if axes and axes != tuple(range(-len(axes), 0)):
            reading.problem(layer, f"axes {list(layer.axis)} are not verified, only the last ones")
        elif axes:
            reading.add(layer, RMSNormalization(axes, float(layer.epsilon), not layer.trainable))

    def variables(self, layer: Any) -> list[Any]:
        """Return γ, which Keras calls `scale`."""
        return [layer.scale]


READER = RMSNormalizationReader()
