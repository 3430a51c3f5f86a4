"""Base classes of the readers. A reader reads one kind of layer from Keras.

Each kind of layer has a module in `verify/capture/layers/` with its `READER`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from inspect import signature
from typing import Any, Protocol

import keras
import numpy as np
import tensorflow as tf

from reference.layers.layer import Layer, Shape

Tensors = dict[str, Any]
BESIDE = " beside"  # follows the name of a Z that is computed from a copy of the inputs
UNKNOWN = "By Hand does not know it; `python -m verify.capture.supported` lists what is verified"
# The base class of all of Keras's variables.
VARIABLE = next(kind for kind in reversed(keras.Variable.__mro__) if kind.__module__.startswith("keras."))


class Reading(Protocol):
    """The model that is being read, as a reader sees it (`model_reader.ModelReading`)."""

    channels_first: bool  # the numbers of an image are put in the order of the Flatten at the input

    @property
    def flattens_input(self) -> bool:
        """True if the layer is the Flatten because of which an example is one row from the start."""
        ...

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """The shapes of one example of what the layer reads, as Keras has them."""
        ...

    @property
    def activation_follows(self) -> bool:
        """True if what the layer gives is read by one activation alone, which is a separate layer."""
        ...

    def add(self, layer: Any, *parts: Layer) -> None:
        """Add a Keras layer that computes these parts one after the other."""

    def add_weights(self, layer: Any, part: Layer, *, linear: bool = False) -> None:
        """Add a Keras layer with weights and an activation. `linear`: also an activation that does nothing."""

    def activation(self, layer: Any, function: Any) -> Layer:
        """Return the activation that Keras computes with this function; note a problem if it is unknown."""
        ...

    def problem(self, layer: Any, why: str) -> None:
        """Note why a layer is not supported."""

    def rounded(self, layer: Any, constant: Any) -> float:
        """Return a constant as Keras holds it."""
        ...

    def no_row_numbers(self, layer: Any) -> str:
        """Return why a layer cannot choose rows by what it reads; "" if it can."""
        ...


class Reader:
    """Reads one kind of layer. `types` are the Keras layers that it reads: exactly these, no subclasses.

    `operations` are the classes of `keras.ops` of the same meaning, by module and name.
    """

    types: tuple[type, ...] = ()
    operations: tuple[str, ...] = ()

    def read(self, layer: Any, reading: Reading) -> None:
        """Tell `reading` which parts the layer consists of, and what is not supported."""

    def variables(self, layer: Any) -> list[Any]:
        """Return the layer's variables, in the order of the parameters of its parts."""
        return []

    def kept(self, layer: Any) -> list[Any]:
        """Return the variables that the layer itself keeps from step to step, in the order of `Layer.kept`."""
        return []

    def run(self, layer: Any, gives: tuple[str, ...], A: Any, found: Tensors, training: bool) -> Any:
        """Call the layer on A, store every tensor by name in `found`, and return the layer's output.

        A is a tensor, or a list of them for a layer that joins several. `gives` are the names of the tensors that the
        parts compute, in the order in which `read` added the parts.
        """
        output = layer(*A) if isinstance(A, list) and not isinstance(layer, keras.Layer) else layer(A)
        if gives:
            found[gives[0]] = output
        return output


class WeightsReader(Reader):
    """Reads a layer with weights, which may have an activation of its own: Dense or a convolution."""

    def variables(self, layer: Any) -> list[Any]:
        """Return the kernel and, if there is one, the bias."""
        return [layer.kernel] + ([layer.bias] if layer.use_bias else [])

    def check(self, layer: Any, reading: Reading) -> None:
        """Note what is not supported: LoRA, quantized weights."""
        if getattr(layer, "lora_enabled", False) or getattr(layer, "quantization_mode", None):
            reading.problem(layer, "LoRA and quantised weights are not verified")

    def run(self, layer: Any, gives: tuple[str, ...], A: Any, found: Tensors, training: bool) -> Any:
        """Call the layer with a linear activation, which gives Z, then apply its own activation, which gives A."""
        with _activation_apart(layer) as activation:
            Z, copy = layer(A), layer(beside_of(A))
        found |= {gives[0]: Z, gives[0] + BESIDE: copy}
        output = activation(Z)
        if len(gives) > 1:  # otherwise the activation is a separate layer that follows, or there is none
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


class ActivationReader(Reader):
    """Reads an activation: a layer of its own, the activation of a Dense, or an operation on a tensor.

    `function` is Keras's function of this activation; another function with an equal name is not accepted. `fused` says
    that TensorFlow may compute it in one kernel with the product before it, with other bits than in separate kernels.
    `operations` are the classes of `keras.ops` of the same meaning, by module and name.
    """

    def __init__(self, function: Any, activation: type[Layer], *operations: str, fused: bool = False) -> None:
        self.function, self.activation, self.operations, self.fused = function, activation, operations, fused

    def named(self, layer: Any, function: Any, reading: Reading) -> Layer:
        """Return the activation that a layer computes; note a problem for an option that is not verified.

        `function` is Keras's function, a `functools.partial` of it, or a layer or operation used as one.
        """
        return self.made(layer, options_of(function, self.function), reading)

    def made(self, layer: Any, options: dict[str, Any], reading: Reading) -> Layer:
        """Return the activation with these options; note a problem for an option that is not Keras's default."""
        defaults = options_of(self.function, self.function)
        for name, value in options.items():
            if value != defaults[name]:
                reading.problem(layer, f"{name}={value} of {self.function.__name__} is not verified")
        return self.activation()

    def read(self, layer: Any, reading: Reading) -> None:
        """Add the activation of a separate layer."""
        reading.add(layer, self.named(layer, layer, reading))


def options_of(function: Any, keras_function: Any) -> dict[str, Any]:
    """Return the options of one of Keras's functions, as a layer, an operation or a partial of it has them."""
    _, *parameters = signature(keras_function).parameters.values()
    if isinstance(function, partial):
        return {p.name: function.keywords.get(p.name, p.default) for p in parameters}
    return {p.name: getattr(function, p.name, p.default) for p in parameters}


def without_options(function: Any) -> Any:
    """Return the function of which a `functools.partial` gives options by name; anything else as it is."""
    return function.func if type(function) is partial and not function.args else function


def number_of(layer: Any, name: str, value: Any, reading: Reading) -> float:
    """Return an option as a number; note a problem and return 0 if it is not one number."""
    try:
        return float(value)
    except (TypeError, ValueError):
        reading.problem(layer, f"its {name} is not a number")
        return 0.0


def axis_of_example(layer: Any, axis: Any, reading: Reading) -> int:
    """Return an axis of Keras's as it counts from the end; note a problem and return -1 if it is not supported."""
    rank = len(reading.shapes[0]) + 1  # with the axis of the examples
    axes = list(axis) if isinstance(axis, list | tuple) else [axis]
    if len(axes) != 1 or axes[0] is None:
        reading.problem(layer, f"axis={axis}: it is verified along one axis")
        return -1
    found = int(axes[0]) if axes[0] < 0 else int(axes[0]) - rank
    if found == -rank:
        reading.problem(layer, f"axis={axis}, the axis of the examples, is not verified")
        return -1
    return found


def is_activation(layer: Any) -> bool:
    """Return whether a layer is Keras's Activation, or in its package of activations."""
    return type(layer) is keras.layers.Activation or ".activations." in type(layer).__module__


def rounded(constant: Any, dtype: str) -> float:
    """Return a Python constant as Keras holds it: rounded to float32, even where the tensor is float64.

    In float32 the constant is returned as it is; it is rounded when it is used.
    """
    return float(np.float32(constant)) if dtype == "float64" else float(constant)


def beside_of(tensor: Any) -> Any:
    """Return a copy of a tensor, or of the rows of an embedding's gradient.

    It prevents common-subexpression elimination.
    """
    if isinstance(tensor, tf.IndexedSlices):
        return tf.IndexedSlices(beside_of(tensor.values), tensor.indices, tensor.dense_shape)
    return tf.raw_ops.Snapshot(input=tensor)


def number(name: str, value: Any) -> float:
    """Return an option of Keras's as a float.  Raises ValueError, naming it, if it is no number; a text is none."""
    try:
        return float("no number" if isinstance(value, str) else value)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{name} must be a number, not {value!r}") from error
