"""Keras's ReLU without options."""

from typing import Any

import keras

from reference.layers.activation import Activation
from reference.layers.relu import ReLU
from verify.capture.reader import ActivationReader, Reading


class ReLUReader(ActivationReader):
    """Reads a ReLU."""

    types = (keras.layers.ReLU,)

    def named(self, layer: Any, function: Any, reading: Reading) -> Activation:
        """Return the ReLU; note a `max_value`, `negative_slope` or `threshold`, which are not supported."""
        names = ("max_value", "negative_slope", "threshold")
        max_value, negative_slope, threshold = (getattr(function, name, None) for name in names)
        if max_value is not None or negative_slope or threshold:
            reading.problem(layer, "only the plain ReLU is verified: no max_value, negative_slope or threshold")
        return ReLU()


READER = ReLUReader(keras.activations.relu, ReLU, operation="keras.src.ops.nn.Relu")
