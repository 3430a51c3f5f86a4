"""Keras's Dropout and SpatialDropout. With a rate of 0 they do nothing."""

from typing import Any

import keras
import tensorflow as tf

from reference.layers.dropout import Dropout, mask_of
from verify.capture.reader import Reader, Reading, Tensors

SPATIAL = (keras.layers.SpatialDropout1D, keras.layers.SpatialDropout2D, keras.layers.SpatialDropout3D)


class DropoutReader(Reader):
    """Reads a Dropout layer and its mask."""

    types: tuple[type, ...] = (keras.layers.Dropout, *SPATIAL)
    part = Dropout  # the kind of layer that is read

    def read(self, layer: Any, reading: Reading) -> None:
        """Add the layer, or no part if its rate is 0; note a `noise_shape` that does not fit."""
        if not layer.rate:
            reading.add(layer)
            return
        shape = reading.shapes[0]
        if isinstance(layer, SPATIAL):
            first = getattr(layer, "data_format", "channels_last") == "channels_first"
            shared = tuple(range(1 - len(shape), 0)) if first else tuple(range(-len(shape), -1))
        else:
            shared = self._shared(layer, shape, reading)
        reading.add(layer, self.part(float(layer.rate), shared))

    def _shared(self, layer: Any, shape: tuple[int, ...], reading: Reading) -> tuple[int, ...]:
        """Return the axes along which a `noise_shape` draws one number; note one that does not fit."""
        if layer.noise_shape is None:
            return ()
        examples, *sizes = layer.noise_shape
        if examples is not None:
            reading.problem(layer, f"its noise_shape {layer.noise_shape} must have None for the examples")
        if len(sizes) != len(shape) or any(n not in (None, 1, m) for n, m in zip(sizes, shape, strict=False)):
            reading.problem(layer, f"its noise_shape {layer.noise_shape} does not fit the shape {list(shape)}")
            return ()
        return tuple(k - len(shape) for k, (n, m) in enumerate(zip(sizes, shape, strict=True)) if n == 1 < m)

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
