"""The reader of Keras's activations whose options are numbers that Keras does not round to float32."""

from typing import Any

from reference.layers.layer import Layer
from verify.capture.reader import ActivationReader, Reading, number_of


class WithNumbersReader(ActivationReader):
    """Reads an activation whose fields have the names of Keras's options."""

    def made(self, layer: Any, options: dict[str, Any], reading: Reading) -> Layer:
        """Return the activation with these numbers; note a problem for an option that is not a number."""
        return self.activation(**{name: number_of(layer, name, value, reading) for name, value in options.items()})
