"""Keras's Rescaling."""

from typing import Any

import keras

from reference.layers.rescaling import Rescaling
from verify.capture.reader import Reader, Reading, Tensors, beside_of


class RescalingReader(Reader):
    """Reads a Rescaling layer with its scale and offset."""

    types = (keras.layers.Rescaling,)

    def read(self, layer: Any, reading: Reading) -> None:
        """Add the layer; note a scale or offset that is an array, which is not supported."""
        try:
            reading.add(layer, Rescaling(reading.rounded(layer, layer.scale), reading.rounded(layer, layer.offset)))
        except (TypeError, ValueError):
            reading.problem(layer, "its scale and offset are not single numbers")

    def run(self, layer: Any, gives: tuple[str, ...], A: Any, found: Tensors, training: bool) -> Any:
        """Call the layer on A, store a copy of its output, and return the output.

        If the step handed out the output itself, TensorFlow would not multiply its scale and the factor of a dropout
        behind it first, as it does in Keras's own step.
        """
        found[gives[0]] = layer(beside_of(A))
        return layer(A)


READER = RescalingReader()
