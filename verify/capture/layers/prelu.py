"""Keras's PReLU."""

from typing import Any

import keras

from reference.layers.prelu import PReLU
from verify.capture.normalizing import axes_of_example
from verify.capture.reader import Reader, Reading


class PReLUReader(Reader):
    """Reads a PReLU layer."""

    types = (keras.layers.PReLU,)

    def read(self, layer: Any, reading: Reading) -> None:
        """Add the layer; note axes that are not in order."""
        shared = axes_of_example(layer, layer.shared_axes or (), reading)
        if shared is not None:
            reading.add(layer, PReLU(shared, not layer.trainable))

    def variables(self, layer: Any) -> list[Any]:
        """Return the slopes below 0, which Keras calls `alpha`."""
        return [layer.alpha]


READER = PReLUReader()
