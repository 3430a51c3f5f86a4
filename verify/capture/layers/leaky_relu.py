"""Keras's leaky ReLU."""

from typing import Any

import keras

from reference.layers.layer import Layer
from reference.layers.leaky_relu import LeakyReLU
from verify.capture.reader import ActivationReader, Reading, number_of


class LeakyReLUReader(ActivationReader):
    """Reads a leaky ReLU and its negative slope."""

    types = (keras.layers.LeakyReLU,)

    def made(self, layer: Any, options: dict[str, Any], reading: Reading) -> Layer:
        """Return the leaky ReLU with its negative slope as Keras holds it."""
        slope = number_of(layer, "negative_slope", options["negative_slope"], reading)
        return LeakyReLU(reading.rounded(layer, slope))


READER = LeakyReLUReader(keras.activations.leaky_relu, LeakyReLU, "keras.src.ops.nn.LeakyRelu")
