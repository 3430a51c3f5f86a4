"""Base classes of the readers. A reader reads one kind of layer from Keras.

Each kind of layer has a module in `verify/capture/layers/` with its `READER`.
"""

from typing import Any, ClassVar, Protocol

import keras
import numpy as np
import tensorflow as tf

from reference.layers.activation import Activation
from reference.layers.dense import Dense
from reference.layers.layer import Layer

Tensors = dict[str, Any]
# The base class of all of Keras's variables.
VARIABLE = next(kind for kind in reversed(keras.Variable.__mro__) if kind.__module__.startswith("keras."))


class Reading(Protocol):
    """The model that is being read, as a reader sees it (`model_reader.ModelReading`)."""

    channels_first: bool

    @property
    def last(self) -> Layer | None:
        """The last part read that computes a tensor, or None."""

    @property
    def at_input(self) -> bool:
        """True if only rescaling and flattening come before the next layer."""

    def add(self, layer: Any, *parts: Layer) -> None:
        """Add a Keras layer that computes these parts."""

    def add_dense(self, layer: Any, inputs: int, dense: Dense, function: Any) -> None:
        """Add a Keras Dense layer with this many inputs and this activation function."""

    def add_activation(self, layer: Any, activation: Activation) -> None:
        """Add an activation that is a separate layer."""

    def problem(self, layer: Any, why: str) -> None:
        """Note why a layer is not supported."""

    def rounded(self, layer: Any, constant: Any) -> float:
        """Return a constant as Keras holds it."""
        ...


class Reader:
    """Reads one kind of layer. `types` are the Keras layers that it reads: exactly these, no subclasses."""

    types: ClassVar[tuple[type, ...]] = ()

    def read(self, layer: Any, reading: Reading) -> None:
        """Tell `reading` which parts the layer consists of, and what is not supported."""

    def run(self, layer: Any, gives: tuple[str, ...], A: Any, found: Tensors, training: bool) -> Any:
        """Call the layer on A, store every tensor by name in `found`, and return the layer's output.

        `gives` are the names of the tensors that the parts compute, in the order in which `read` added the parts.
        """
        return layer(A)


class ActivationReader(Reader):
    """Reads an activation, which may be a separate layer or belong to a Dense.

    `function` is Keras's function of this activation; another function with an equal name is not accepted. `fused` says
    that TensorFlow may compute it in one kernel with the product before it, with other bits than in separate kernels.
    """

    def __init__(self, function: Any, activation: type[Activation], fused: bool = False) -> None:
        self.function, self.activation, self.fused = function, activation, fused

    def named(self, layer: Any, function: Any, reading: Reading) -> Activation:
        """Return the activation that a layer computes; `function` is Keras's function, or a layer used as one."""
        return self.activation()

    def read(self, layer: Any, reading: Reading) -> None:
        """Add the activation of a separate layer."""
        reading.add_activation(layer, self.named(layer, layer, reading))

    def run(self, layer: Any, gives: tuple[str, ...], A: Any, found: Tensors, training: bool) -> Any:
        """Call the layer on A, and store and return its output."""
        found[gives[0]] = layer(A)
        return found[gives[0]]


def rounded(constant: Any, dtype: str) -> float:
    """Return a Python constant as Keras holds it: rounded to float32, even where the tensor is float64.

    In float32 the constant is returned as it is; it is rounded when it is used.
    """
    return float(np.float32(constant)) if dtype == "float64" else float(constant)


def beside_of(tensor: Any) -> Any:
    """Return a copy of a tensor; it prevents common-subexpression elimination."""
    return tf.raw_ops.Snapshot(input=tensor)
