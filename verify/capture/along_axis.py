"""The reader of Keras's activations that couple the numbers along one axis, or halve it."""

from typing import Any

from reference.layers.layer import Layer
from verify.capture.reader import ActivationReader, Reading, axis_of_example


class AlongAxisReader(ActivationReader):
    """Reads an activation with an `axis`."""

    def made(self, layer: Any, options: dict[str, Any], reading: Reading) -> Layer:
        """Return the activation along this axis; note a problem for an axis that is not supported."""
        made: Layer = self.activation(axis=axis_of_example(layer, options["axis"], reading))  # type: ignore[call-arg]
        return made
