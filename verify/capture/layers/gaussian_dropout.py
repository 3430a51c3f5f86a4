"""Keras's GaussianDropout. With a rate of 0 it does nothing."""

from typing import Any

import keras
import tensorflow as tf

from reference.layers.gaussian_dropout import GaussianDropout
from reference.layers.noise import noise_of
from verify.capture.reader import Reader, Reading, Tensors


class GaussianDropoutReader(Reader):
    """Reads a GaussianDropout layer and its noise."""

    types = (keras.layers.GaussianDropout,)

    def read(self, layer: Any, reading: Reading) -> None:
        """Add the layer, or no part if its rate is 0."""
        reading.add(layer, *([GaussianDropout(float(layer.rate))] if layer.rate else []))

    def run(self, layer: Any, gives: tuple[str, ...], A: Any, found: Tensors, training: bool) -> Any:
        """Call the layer on ones, which gives the noise itself, multiply A by it, and store both."""
        if not training or not gives:
            return layer(A, training=training)
        noise = layer(tf.ones_like(A), training=True)
        found |= {noise_of(gives[0]): noise, gives[0]: A * noise}
        return found[gives[0]]


READER = GaussianDropoutReader()
