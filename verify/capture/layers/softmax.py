"""Keras's softmax, as a separate layer or in a Dense."""

from typing import Any

import keras

from reference.layers.activation import Activation
from reference.layers.softmax import Softmax
from verify.capture.reader import ActivationReader, Reading


class SoftmaxReader(ActivationReader):
    """Reads a softmax."""

    types = (keras.layers.Softmax,)

    def named(self, layer: Any, function: Any, reading: Reading) -> Activation:
        """Return the softmax; note an axis other than the last, which is not supported."""
        if getattr(function, "axis", -1) not in (-1, len(reading.shapes[0]), (-1,), [-1]):
            reading.problem(layer, "a softmax over the last axis is verified")
        return Softmax()


READER = SoftmaxReader(keras.activations.softmax, Softmax)
