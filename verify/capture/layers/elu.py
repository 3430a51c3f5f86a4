"""Keras's ELU, as a separate layer or in a Dense."""

from typing import Any

import keras

from reference.layers.elu import ELU
from reference.layers.layer import Layer
from verify.capture.reader import ActivationReader, Reading


class ELUReader(ActivationReader):
    """Reads an ELU and its alpha."""

    types = (keras.layers.ELU,)

    def made(self, layer: Any, options: dict[str, Any], reading: Reading) -> Layer:
        """Return the ELU with its alpha; note an alpha that is not a number above 0."""
        try:
            return ELU(float(options["alpha"]))
        except (TypeError, ValueError):
            reading.problem(layer, "its alpha is not a number above 0")
            return ELU()


READER = ELUReader(keras.activations.elu, ELU, "keras.src.ops.nn.Elu", fused=True)
