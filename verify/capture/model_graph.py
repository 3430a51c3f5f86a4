"""The graph of a Keras model: every call of a layer or of an operation, with the tensors that it reads and gives.

A Sequential or Functional model holds its graph. The `call` of any other model is run on symbolic inputs, and the
graph that this gives is read. Whether the model's own step computes the same is checked after each step
(`capture.py`): it must give the captured bits. If it is compiled, it may give others; then it must give the captured
bits eagerly, and the comparison judges the others.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from inspect import Parameter, signature
from itertools import count
from typing import Any

import keras
import tensorflow as tf

from verify.capture.inner_models import ALWAYS, holds_graph, opened
from verify.errors import Unsupported, Unusable

INSTEAD = "take one argument (a tensor, a list or a dictionary), keras.ops in place of tf, and no `if` on numbers"


@dataclass(frozen=True)
class Call:
    """One call of a layer or operation. `reads` and `gives` are Keras's symbolic tensors."""

    layer: Any
    reads: tuple[Any, ...]
    gives: Any
    problem: str = ""


@dataclass(frozen=True)
class Graph:
    """A model's symbolic inputs, its calls in order, and its symbolic outputs, with the names that Keras gives them.

    `taken` and `given` hold inputs and outputs as the model has them: one, or a list or dictionary of them.
    """

    inputs: tuple[Any, ...]
    calls: tuple[Call, ...]
    outputs: tuple[Any, ...]
    input_names: tuple[str, ...]
    output_names: tuple[str, ...]
    taken: Any
    given: Any

    def as_taken(self, inputs: Sequence[Any]) -> Any:
        """Return a value for each input as the model takes them: one, or a list or dictionary of them."""
        return _packed(self.taken, self.input_names, inputs)

    def as_given(self, outputs: Sequence[Any]) -> Any:
        """Return a value for each output as the model gives them: one, or a list or dictionary of them."""
        return _packed(self.given, self.output_names, outputs)

    def readers(self, tensor: Any) -> list[Call]:
        """Return the calls that read a symbolic tensor."""
        return [call for call in self.calls if any(read is tensor for read in call.reads)]


def graph_of(model: Any) -> Graph:
    """Return the graph of a built model.  Raises Unsupported, with the reason, for a model that has none.

    Raises Unusable for anything that is not a model of Keras.
    """
    if not isinstance(model, keras.Model):
        raise Unusable(f"model: a model of Keras is needed, not {'None' if model is None else type(model).__name__}")
    title = f"model {model.name}"
    sequential = type(model) is keras.Sequential
    functional = opened(_functional(model), title, sequential)
    for tensor in functional.inputs:
        if getattr(tensor, "sparse", False) or getattr(tensor, "ragged", False):
            raise Unsupported([(title, "its input is sparse or ragged; dense inputs are verified")])
        if None in tensor.shape[1:]:
            raise Unsupported([(title, f"its input has the shape {tensor.shape}; only the batch may be open (None)")])
    inputs, outputs = functional._inputs_struct, functional._outputs_struct
    if not all(map(_is_flat, (inputs, outputs))):
        raise Unsupported([(title, "its inputs or outputs are nested; one list or dictionary of them is verified")])
    calls = tuple(_calls(functional, sequential))
    if not calls:
        raise Unsupported([(title, "it has no layers")])
    for struct, tensors, what in ((inputs, functional.inputs, "inputs"), (outputs, functional.outputs, "outputs")):
        if isinstance(struct, dict) and [id(struct[name]) for name in sorted(struct)] != list(map(id, tensors)):
            text = f"its {what} are an OrderedDict in another order than that of its names, in which Keras takes them"
            raise Unsupported([(title, f"{text}; a dict is verified")])
    names = sorted(inputs) if isinstance(inputs, dict) else list(map(_input_name, functional.inputs, count(1)))
    given = sorted(outputs) if isinstance(outputs, dict) else functional.output_names
    ends = tuple(functional.outputs)
    return Graph(tuple(functional.inputs), calls, ends, tuple(names), tuple(given), inputs, outputs)


def _input_name(tensor: Any, number: int) -> str:
    """Return the name that the user gave an input, or its number."""
    return str(number) if tensor.name.startswith("keras_tensor") else str(tensor.name)


def _packed(structure: Any, names: tuple[str, ...], values: Sequence[Any]) -> Any:
    """Return values in a structure: one, a list, or a dictionary by name."""
    if isinstance(structure, dict):
        return dict(zip(names, values, strict=True))
    return list(values) if isinstance(structure, list | tuple) else values[0]


def _is_flat(structure: Any) -> bool:
    """Return whether inputs or outputs are one tensor, or a list or dictionary of tensors."""
    values = structure.values() if isinstance(structure, dict) else structure
    nested = isinstance(structure, dict | list | tuple)
    return not nested or not any(isinstance(value, dict | list | tuple) for value in values)


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
    if isinstance(model, keras.Sequential):
        text = "a subclass of Sequential; a Sequential, Functional or other Model is verified"
        raise Unsupported([(f"{title} ({type(model).__name__})", text)])
    return model if holds_graph(model) else _called(model, f"{title} ({type(model).__name__})")


def _called(model: Any, title: str) -> Any:
    """Return the functional model that a model's own `call` gives on symbolic inputs.  Raises Unsupported."""
    shapes = list((model._build_shapes_dict or {}).values())
    if len(shapes) != 1:
        tensors = [name for name in signature(model.call).parameters if name not in ("training", "mask")]
        cause = "it takes several arguments" if len(tensors) > 1 else "it cannot be run on symbolic inputs"
        raise Unsupported([(title, f"its `call` cannot be read: {cause}; {INSTEAD}")])
    symbolic = _symbolic(shapes[0], title, str(model.input_dtype) if hasattr(model, "input_dtype") else None)
    told = signature(model.call).parameters.get("training")
    options = {"training": None} if told is not None and told.default is Parameter.empty else {}
    try:
        return keras.Model(symbolic, model.call(symbolic, **options))
    except Exception as error:  # the user's own code may raise anything
        if "add_loss" in str(error):  # Keras refuses it on symbolic inputs
            raise Unsupported(
                [(title, "its `call` adds losses of its own (add_loss), which is not verified")]
            ) from error
        reason = (str(error).splitlines() or [type(error).__name__])[0].partition(". ")[0][:200]
        text = f"its `call` cannot be read from a symbolic input: {reason.rstrip('.')}; {INSTEAD}"
        raise Unsupported([(title, text)]) from error


def _symbolic(shapes: Any, title: str, dtype: str | None, name: str | None = None) -> Any:
    """Return symbolic inputs of these shapes, in the same structure.  Raises Unsupported."""
    if isinstance(shapes, dict):
        return {key: _symbolic(shape, title, dtype, str(key)) for key, shape in shapes.items()}
    if not isinstance(shapes, list | tuple) or not shapes:
        raise Unsupported([(title, "its `call` takes something other than tensors")])
    if all(isinstance(n, int | None) for n in shapes):
        return keras.Input(shapes[1:], dtype=dtype, name=name)
    return [_symbolic(shape, title, dtype, f"input_{k}") for k, shape in enumerate(shapes, 1)]


def _calls(functional: Any, sequential: bool) -> Iterable[Call]:
    """Yield the calls of a functional model, or of that of a Sequential, in the order in which Keras makes them."""
    by_depth = functional._nodes_by_depth
    for node in (node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth]):
        if node.is_input:
            continue
        arguments, reads = node.arguments, tuple(node.arguments.keras_tensors)
        rest = {k: v for k, v in arguments.kwargs.items() if v is not None and k != "training"}  # the model sets it
        positional = list(arguments.args[0]) if _is_list(arguments.args) else list(arguments.args)
        if not positional and "inputs" in rest:
            positional = list(rest["inputs"]) if isinstance(rest["inputs"], list | tuple) else [rest["inputs"]]
            del rest["inputs"]
        problem = ""
        told = arguments.kwargs.get("training") is False and not sequential
        if told and isinstance(node.operation, keras.layers.BatchNormalization) and node.operation.trainable:
            problem = ALWAYS  # a Dropout's own default is False
        if Counter(map(id, positional)) != Counter(map(id, reads)) or rest:
            named = ", ".join(f"{name}={value!r}" for name, value in rest.items() if not hasattr(value, "shape"))
            problem = f"it is called with {named or 'more than tensors'}, which is not verified"
        if len(node.outputs) != 1:
            problem = f"it gives {len(node.outputs)} tensors; one is verified"
        yield Call(node.operation, reads, node.outputs[0], problem)


def _is_list(arguments: tuple[Any, ...]) -> bool:
    """Return whether a call has one argument, a list of tensors."""
    return len(arguments) == 1 and isinstance(arguments[0], list | tuple)


def is_flattened(graph: Graph) -> bool:
    """Return whether the input is flattened before anything but an elementwise layer reads it.

    Then an example is one row from the start, as in the essay.
    """
    tensor = graph.inputs[0]
    if len(tensor.shape) == 2:
        return True
    while len(readers := graph.readers(tensor)) == 1:
        layer, tensor = readers[0].layer, readers[0].gives
        if type(layer) is keras.layers.Flatten:
            return True
        elementwise = (keras.layers.Rescaling, keras.layers.Dropout, keras.layers.Identity)
        if type(layer) not in elementwise or getattr(layer, "noise_shape", None) is not None:
            return False
    return False


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
