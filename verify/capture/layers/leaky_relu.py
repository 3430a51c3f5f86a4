"""Keras's leaky ReLU."""

from typing import Any

import keras

from reference.layers.activation import Activation
from reference.layers.leaky_relu import LeakyReLU
from verify.capture.reader import ActivationReader, Reading


class LeakyReLUReader(ActivationReader):
    """Reads a leaky ReLU and its negative slope."""

    types = (keras.layers.LeakyReLU,)

    def named(self, layer: Any, function: Any, reading: Reading) -> Activation:
        """Return the leaky ReLU with its negative slope as Keras holds it."""
        slope = getattr(function, "negative_slope", LeakyReLU.negative_slope)
        return LeakyReLU(reading.rounded(layer, slope))


READER = LeakyReLUReader(keras.activations.leaky_relu, LeakyReLU)
