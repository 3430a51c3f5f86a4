"""Reader reads one kind of layer from Keras. Each kind has a module in `verify/capture/layers/` with its `READER`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from reference.layers.activation import Activation

if TYPE_CHECKING:
    from verify.capture.model_reader import Reading

Tensors = dict[str, Any]
VARIABLE = next(kind for kind in reversed(keras.Variable.__mro__) if kind.__module__.startswith("keras."))  # of all


class Reader:
    """`types` are the types of Keras layers that it reads: exactly these, no subclasses."""

    types: ClassVar[tuple[type, ...]] = ()

    def read(self, layer: Any, reading: Reading) -> None:
        """Tell `reading` which parts the layer is made of, and what is not known of it."""

    def run(self, layer: Any, gives: tuple[str, ...], A: Any, found: Tensors, training: bool) -> Any:
        """Call the layer on A, keep every tensor by name in `found`, and return what it gives.

        `gives` are the names of what its parts give, in the order in which `read` told of them.
        """
        return layer(A)


class ActivationReader(Reader):
    """Reads an activation, in a layer of its own or in a Dense.

    `function` is Keras's own function of it; no other function of the same name is taken for it. `fused`: TensorFlow
    computes it in the kernel of the product before it, to other bits than apart.
    """

    def __init__(self, function: Any, activation: type[Activation], fused: bool = False) -> None:
        self.function, self.activation, self.fused = function, activation, fused

    def named(self, layer: Any, function: Any, reading: Reading) -> Activation:
        """The activation that a layer computes with this function, or with a layer in its place."""
        return self.activation()

    def read(self, layer: Any, reading: Reading) -> None:
        reading.add_activation(layer, self.named(layer, layer, reading))

    def run(self, layer: Any, gives: tuple[str, ...], A: Any, found: Tensors, training: bool) -> Any:
        found[gives[0]] = layer(A)
        return found[gives[0]]


def held(constant: Any, dtype: str) -> float:
    """A constant of Python's on its way into a tensor: Keras rounds it to float32 first, in float64 as well."""
    return float(np.float32(constant)) if dtype == "float64" else float(constant)


def beside_of(tensor: Any) -> Any:
    """Return a copy of a tensor; it prevents common-subexpression elimination."""
    return tf.raw_ops.Snapshot(input=tensor)
