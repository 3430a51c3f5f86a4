"""Keras's GaussianNoise. With a standard deviation of 0 it does nothing."""

from typing import Any

import keras
import tensorflow as tf

from reference.layers.gaussian_noise import GaussianNoise
from reference.layers.noise import noise_of
from verify.capture.reader import Reader, Reading, Tensors


class GaussianNoiseReader(Reader):
    """Reads a GaussianNoise layer and its noise."""

    types = (keras.layers.GaussianNoise,)

    def read(self, layer: Any, reading: Reading) -> None:
        """Add the layer, or no part if its standard deviation is 0."""
        reading.add(layer, *([GaussianNoise(float(layer.stddev))] if layer.stddev else []))

    def run(self, layer: Any, gives: tuple[str, ...], A: Any, found: Tensors, training: bool) -> Any:
        """Call the layer on zeros, which gives the noise itself, add it to A, and store both."""
        if not training or not gives:
            return layer(A, training=training)
        noise = layer(tf.zeros_like(A), training=True)
        found |= {noise_of(gives[0]): noise, gives[0]: A + noise}
        return found[gives[0]]


READER = GaussianNoiseReader()
