"""Keras's ReLU, with its options."""

from typing import Any

import keras

from reference.layers.layer import Layer
from reference.layers.leaky_relu import LeakyReLU
from reference.layers.relu import ReLU
from verify.capture.reader import ActivationReader, Reading, number_of


class ReLUReader(ActivationReader):
    """Reads a ReLU with its `max_value`, `negative_slope` and `threshold`."""

    types = (keras.layers.ReLU,)

    def made(self, layer: Any, options: dict[str, Any], reading: Reading) -> Layer:
        """Return the ReLU with these options; a leaky ReLU if it has a negative slope only, as Keras computes it.

        Keras rounds a `max_value` to float32, and a negative slope in a leaky ReLU only.
        """
        numbers = {k: number_of(layer, k, value, reading) for k, value in options.items() if value is not None}
        most = reading.rounded(layer, numbers["max_value"]) if "max_value" in numbers else None
        slope, threshold = numbers["negative_slope"], numbers["threshold"]
        if slope and most is None and not threshold:
            return LeakyReLU(reading.rounded(layer, slope))
        return ReLU(most, slope, threshold)


READER = ReLUReader(keras.activations.relu, ReLU, "keras.src.ops.nn.Relu", "keras.src.activations.activations.ReLU")
