"""The graph of a Keras model: every call of a layer or of an operation, with the tensors that it reads and gives.

A Sequential or Functional model holds its graph. Any other model is called on symbolic inputs, and the graph that this
gives is read. That the model's own step computes the same is checked afterwards, bit by bit (`capture.py`).
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
import tensorflow as tf

from verify.errors import Unsupported


@dataclass(frozen=True)
class Call:
    """One call of a layer or operation. `reads` and `gives` are Keras's symbolic tensors."""

    layer: Any
    reads: tuple[Any, ...]
    gives: Any
    problem: str = ""


@dataclass(frozen=True)
class Graph:
    """A model's symbolic input, its calls in order, and its symbolic output."""

    input: Any
    calls: tuple[Call, ...]
    output: Any

    def readers(self, tensor: Any) -> list[Call]:
        """Return the calls that read a symbolic tensor."""
        return [call for call in self.calls if any(read is tensor for read in call.reads)]


def graph_of(model: Any) -> Graph:
    """Return the graph of a built model.  Raises Unsupported, with the reason, for a model that has none."""
    functional = _functional(model)
    title = f"model {model.name}"
    if len(functional.inputs) != 1 or len(functional.outputs) != 1:
        text = f"it has {len(functional.inputs)} inputs and {len(functional.outputs)} outputs; one of each is verified"
        raise Unsupported([(title, text)])
    tensor = functional.inputs[0]
    if getattr(tensor, "sparse", False) or getattr(tensor, "ragged", False):
        raise Unsupported([(title, "its input is sparse or ragged; dense inputs are verified")])
    if None in tensor.shape[1:]:
        raise Unsupported([(title, f"its input has the shape {tensor.shape}; only the batch may be open (None)")])
    calls = tuple(_calls(functional))
    if not calls:
        raise Unsupported([(title, "it has no layers")])
    return Graph(tensor, calls, functional.outputs[0])


def _functional(model: Any) -> Any:
    """Return the functional model that computes what a model does.  Raises Unsupported."""
    if not isinstance(model, keras.Model):
        raise Unsupported([(type(model).__name__, "not a Keras model")])
    title = f"model {model.name}"
    if not model.built:
        raise Unsupported([(title, "it is not built: give it an Input, or call it once")])
    if type(model) is keras.Sequential:
        if model._functional is None:
            raise Unsupported([(title, "it is not built: give it an Input")])
        return model._functional
    return model if type(model).__name__ == "Functional" else _called(model, f"{title} ({type(model).__name__})")


def _called(model: Any, title: str) -> Any:
    """Return the functional model that a model's own `call` gives on a symbolic input.  Raises Unsupported."""
    shapes = list((model._build_shapes_dict or {}).values())
    if isinstance(model, keras.Sequential):
        raise Unsupported([(title, "a subclass of Sequential; a Sequential, Functional or other Model is verified")])
    if len(shapes) != 1 or not isinstance(shapes[0], tuple) or not all(isinstance(n, int | None) for n in shapes[0]):
        raise Unsupported([(title, "its `call` takes something other than one tensor")])
    symbolic = keras.Input(shapes[0][1:], dtype=model.input_dtype if hasattr(model, "input_dtype") else None)
    try:
        return keras.Model(symbolic, model.call(symbolic))
    except Exception as error:  # the user's own code may raise anything
        reason = (str(error).splitlines() or [type(error).__name__])[0][:160]
        raise Unsupported([(title, f"its `call` cannot be read from a symbolic input: {reason}")]) from error


def _calls(functional: Any) -> Iterable[Call]:
    """Yield the calls of a functional model in the order in which Keras makes them."""
    by_depth = functional._nodes_by_depth
    for node in (node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth]):
        if node.is_input:
            continue
        arguments, reads = node.arguments, tuple(node.arguments.keras_tensors)
        rest = {k: v for k, v in arguments.kwargs.items() if v is not None and k != "training"}  # the model sets it
        positional = list(arguments.args[0]) if _is_list(arguments.args) else list(arguments.args)
        problem = ""
        if Counter(map(id, positional)) != Counter(map(id, reads)) or rest:
            named = ", ".join(f"{name}={value!r}" for name, value in rest.items() if not hasattr(value, "shape"))
            problem = f"it is called with {named or 'more than tensors'}, which is not verified"
        if len(node.outputs) != 1:
            problem = f"it gives {len(node.outputs)} tensors; one is verified"
        yield Call(node.operation, reads, node.outputs[0], problem)


def _is_list(arguments: tuple[Any, ...]) -> bool:
    """Return whether a call has one argument, a list of tensors."""
    return len(arguments) == 1 and isinstance(arguments[0], list | tuple)


def halves(layer: Any) -> bool:
    """Return whether a layer has glu as its activation. Keras declares the shape that it has before glu."""
    function = getattr(layer, "activation", None)
    return (function.func if isinstance(function, partial) else function) is keras.activations.glu


def called_shape(call: Call) -> tuple[int, ...]:
    """Return the shape of one example that a call gives: what Keras declares, or what the code of the layer gives."""
    if not halves(call.layer):
        return tuple(call.gives.shape[1:])
    reads = [tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in call.reads]
    given = tf.function(call.layer.call).get_concrete_function(*reads).structured_outputs
    return tuple(given.shape[1:])
