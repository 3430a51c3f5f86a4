"""Keras's Dense, with its own activation."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras

from reference.layers.dense import Dense
from verify.capture.reader import Reader, Reading, Tensors, beside_of

BESIDE = " beside"  # follows the name of a Z that is computed from a copy of the inputs
REFUSED = ("kernel_regularizer", "bias_regularizer", "activity_regularizer", "kernel_constraint", "bias_constraint")


class DenseReader(Reader):
    """Reads a Dense layer and its activation."""

    types = (keras.layers.Dense,)

    def read(self, layer: Any, reading: Reading) -> None:
        """Add the layer; note what is not supported: REFUSED, LoRA, quantized weights, several rows."""
        for what in REFUSED:
            if getattr(layer, what, None) is not None:
                reading.problem(layer, f"{what} is not verified")
        if getattr(layer, "lora_enabled", False) or getattr(layer, "quantization_mode", None):
            reading.problem(layer, "LoRA and quantised weights are not verified")
        if len(layer.kernel.shape) != 2 or len(layer.input.shape) != 2:
            reading.problem(layer, "it is given more than one row an example; put a Flatten before it")
        inputs, nodes = int(layer.kernel.shape[0]), int(layer.kernel.shape[-1])
        reading.add_dense(layer, inputs, Dense(nodes, bool(layer.use_bias), not layer.trainable), layer.activation)

    def run(self, layer: Any, gives: tuple[str, ...], A: Any, found: Tensors, training: bool) -> Any:
        """Call the layer with a linear activation, which gives Z, then apply its own activation, which gives A."""
        with _activation_apart(layer) as activation:
            Z, copy = layer(A), layer(beside_of(A))
        found |= {gives[0]: Z, gives[0] + BESIDE: copy}
        output = activation(Z)
        if len(gives) > 1:  # otherwise the activation is a separate layer that follows
            found[gives[1]] = output
        return output


@contextmanager
def _activation_apart(layer: Any) -> Iterator[Callable[[Any], Any]]:
    """Give the layer a linear activation for the duration of a `with` block, and yield its own activation."""
    own = layer.activation
    layer.activation = keras.activations.linear
    try:
        yield own
    finally:
        layer.activation = own


READER = DenseReader()
