"""Keras's gelu, with the error function or approximated by a tanh."""

from typing import Any

import keras

from reference.layers.gelu import GELU
from reference.layers.layer import Layer
from verify.capture.reader import ActivationReader, Reading


class GELUReader(ActivationReader):
    """Reads a gelu, which may be `approximate`."""

    def made(self, layer: Any, options: dict[str, Any], reading: Reading) -> Layer:
        """Return the gelu."""
        return GELU(bool(options["approximate"]))


READER = GELUReader(keras.activations.gelu, GELU, "keras.src.ops.nn.Gelu")
