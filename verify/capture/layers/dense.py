"""Keras's Dense, with the activation that it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import keras

from reference.layers.dense import Dense
from verify.capture.reader import Reader, Tensors, beside_of

if TYPE_CHECKING:
    from verify.capture.model_reader import Reading

BESIDE = " beside"
REFUSED = ("kernel_regularizer", "bias_regularizer", "activity_regularizer", "kernel_constraint", "bias_constraint")


class DenseReader(Reader):
    types = (keras.layers.Dense,)

    def read(self, layer: Any, reading: Reading) -> None:
        for what in REFUSED:
            if getattr(layer, what, None) is not None:
                reading.problem(layer, f"{what} is not verified")
        if getattr(layer, "lora_enabled", False) or getattr(layer, "quantization_mode", None):
            reading.problem(layer, "LoRA and quantised weights are not verified")
        if not layer.trainable:
            reading.problem(layer, "it is frozen (trainable=False): its gradient is not there to be verified")
        if len(layer.kernel.shape) != 2 or len(layer.input.shape) != 2:
            reading.problem(layer, "it is given more than one row an example; put a Flatten before it")
        inputs, nodes = int(layer.kernel.shape[0]), int(layer.kernel.shape[-1])
        reading.add_dense(layer, inputs, Dense(nodes, bool(layer.use_bias)), layer.activation)

    def run(self, layer: Any, gives: tuple[str, ...], A: Any, found: Tensors, training: bool) -> Any:
        """Called with a linear activation it gives Z, and its own activation of that is A."""
        with _activation_apart(layer) as activation:
            Z, beside = layer(A), layer(beside_of(A))
        found |= {gives[0]: Z, gives[0] + BESIDE: beside}
        given = activation(Z)
        if len(gives) > 1:  # else it has none: its activation is a layer of its own, behind it
            found[gives[1]] = given
        return given


@contextmanager
def _activation_apart(layer: Any) -> Iterator[Callable[[Any], Any]]:
    """The layer with a linear activation while inside; hands out its own."""
    own = layer.activation
    layer.activation = keras.activations.linear
    try:
        yield own
    finally:
        layer.activation = own


READER = DenseReader()
