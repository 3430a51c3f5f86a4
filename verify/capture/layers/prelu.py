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
        """Add the layer; note what is not supported: a regularizer, a constraint, axes that are not in order."""
        for what in ("alpha_regularizer", "alpha_constraint"):
            if getattr(layer, what) is not None:
                reading.problem(layer, f"{what} is not verified")
        shared = axes_of_example(layer, layer.shared_axes or (), reading)
        if shared is not None:
            reading.add(layer, PReLU(shared, not layer.trainable))

    def variables(self, layer: Any) -> list[Any]:
        """Return the slopes below 0, which Keras calls `alpha`."""
        return [layer.alpha]


READER = PReLUReader()
