"""Keras's Dropout. With a rate of 0 it does nothing."""

from typing import Any

import keras
import tensorflow as tf

from reference.layers.dropout import Dropout, mask_of
from verify.capture.reader import Reader, Reading, Tensors


class DropoutReader(Reader):
    """Reads a Dropout layer and its mask."""

    types = (keras.layers.Dropout,)

    def read(self, layer: Any, reading: Reading) -> None:
        """Add the layer, or no part if its rate is 0; note what is not supported: `noise_shape`."""
        if layer.noise_shape is not None and layer.rate:
            reading.problem(layer, "its noise_shape is not verified")
        reading.add(layer, *([Dropout(float(layer.rate))] if layer.rate else []))

    def run(self, layer: Any, gives: tuple[str, ...], A: Any, found: Tensors, training: bool) -> Any:
        """Call the layer on A, store its output and its mask, and return the output.

        The mask is 1 where the derivative of the output is above 0. This works even where the input is 0.
        """
        if not training or not gives:
            return layer(A, training=training)
        with tf.GradientTape() as tape:
            tape.watch(A)
            D = layer(A, training=True)
        slope = tape.gradient(D, A)
        found |= {mask_of(gives[0]): tf.cast(slope > 0, slope.dtype), gives[0]: D}
        return D


READER = DropoutReader()
