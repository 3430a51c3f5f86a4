"""Read a Keras model: find its network in the essay's terms, and which Keras layer computes which part.

Nothing unknown is skipped. If a model has parts that By Hand does not support, it is refused and every part is named.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import keras

from reference.layers.identity import Identity
from reference.layers.input import Input
from reference.layers.layer import Layer, Place, Shape
from reference.layers.linear import Linear
from reference.network import Network, Node
from reference.row_numbers import only_moved
from reference.tensor_names import penalty as penalty_of
from verify.capture.activities import activities, refused_activity
from verify.capture.layers import by_function, by_layer, by_operation
from verify.capture.model_graph import Call, Graph, called_shape, graph_of, is_flattened
from verify.capture.parameters import constraints, refused_regularizers, regularizers
from verify.capture.reader import UNKNOWN, ActivationReader, Reader, is_activation, rounded, without_options
from verify.capture.understood import Stage, Understood
from verify.errors import Unsupported

OWN_LOSSES = "it adds losses of its own (add_loss), which is not verified; or an activity regularizer was removed"


def understand(model: Any) -> Understood:
    """Read a built model.  Raises Unsupported, naming everything not supported."""
    graph = graph_of(model)
    reading = ModelReading(graph)
    for call in graph.calls:
        reading.read(call)
    return reading.understood(model)


def _name(layer: Any) -> str:
    """Return the name and the type of a layer, as text for a message."""
    return f"layer {layer.name} ({type(layer).__name__})"


def _reader_of(function: Any) -> Reader | None:
    """Return the reader of a layer, of one of Keras's functions, or of an operation; None if there is no reader."""
    function = without_options(function)
    reader = by_layer().get(type(function))
    if reader is None and isinstance(function, Hashable):
        reader = by_function().get(function) or by_operation().get(
            f"{type(function).__module__}.{type(function).__name__}"
        )
    return reader


@dataclass(frozen=True)
class _Part:
    """What a call was read as: its reader, and the positions of its nodes in the network."""

    call: Call
    reader: Reader
    nodes: tuple[int, ...]


class ModelReading:
    """A model that is being read, call by call: the nodes read so far, and the problems found."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.call = graph.calls[0]
        self.channels_first = False
        self.rows = len(graph.inputs) == 1 and is_flattened(graph)
        self.nodes = [Node(Input(self._size(tuple(tensor.shape[1:])))) for tensor in graph.inputs]
        self.at = {id(tensor): k for k, tensor in enumerate(graph.inputs)}  # the node that gives each symbolic tensor
        self.parts: list[_Part] = []
        self.problems: list[tuple[str, str]] = []
        self.dtypes: set[str] = set()

    def _size(self, shape: Shape) -> int | Shape:
        """Return the numbers of an example of this shape, or its shape if it is more than a row."""
        return prod(shape) if self.rows or len(shape) < 2 else shape

    def read(self, call: Call) -> None:
        """Read the next call."""
        self.call = call
        if call.problem:
            self.problem(call.layer, call.problem)
        try:
            self._read(call.layer)
        except ValueError as error:  # a layer without an equation, such as a dropout with rate 1
            self.problem(call.layer, str(error))
        if id(call.gives) not in self.at:  # refused: what follows is read all the same, to name all problems
            self.add(call.layer)

    def _read(self, layer: Any) -> None:
        """Read the next layer.  Raises ValueError for a layer that `reference` refuses."""
        if isinstance(layer, keras.Layer):
            self._compute(layer)
        reader = by_layer().get(type(layer)) or _reader_of(layer)
        if type(layer) is keras.layers.Activation and layer.activation is keras.activations.linear:
            self.add(layer, Identity())  # Keras hands on the same tensor, with the logits that belong to it
        elif type(layer) is keras.layers.Activation:
            self.add(layer, self.activation(layer, layer.activation))
        elif reader is None:
            self.problem(layer, UNKNOWN)
        else:
            reader.read(layer, self)

    def _compute(self, layer: Any) -> None:
        """Note the dtype in which a layer computes."""
        if layer.dtype_policy.compute_dtype != layer.dtype_policy.variable_dtype:
            self.problem(layer, f"its policy {layer.dtype_policy.name} mixes two precisions")
        if why := refused_activity(layer):
            self.problem(layer, why)
        if by_layer().get(type(layer)) is not None or type(layer) is keras.layers.Activation:
            self.dtypes.add(layer.dtype_policy.compute_dtype)

    def problem(self, layer: Any, why: str) -> None:
        """Note why a layer is not supported."""
        if (_name(layer), why) not in self.problems:
            self.problems.append((_name(layer), why))

    def rounded(self, layer: Any, constant: Any) -> float:
        """Return a constant as Keras holds it: in a float64 layer it is rounded to float32 first."""
        return rounded(constant, str(self.call.gives.dtype))

    def no_row_numbers(self, layer: Any) -> str:
        """Return why a layer cannot choose rows by what it reads; "" if it can."""
        if any(part.call.layer is layer for part in self.parts):
            return "it is called more than once, which is not verified"
        reads = [self.at.get(id(tensor), 0) for tensor in self.call.reads]
        return "" if only_moved(self.nodes, reads) else "it reads other numbers than those of the input"

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """The shapes of one example of what the layer reads, as Keras has them."""
        return tuple(tuple(tensor.shape[1:]) for tensor in self.call.reads)

    @property
    def flattens_input(self) -> bool:
        """True if the layer is the Flatten because of which an example is one row from the start."""
        earlier = any(type(part.call.layer) is keras.layers.Flatten for part in self.parts)
        return self.rows and len(self.graph.inputs[0].shape) > 2 and not earlier

    @property
    def activation_follows(self) -> bool:
        """True if what the layer gives is read by one activation alone, which is a separate layer."""
        readers = self.graph.readers(self.call.gives)
        ends = any(self.call.gives is output for output in self.graph.outputs)
        return len(readers) == 1 and not ends and is_activation(readers[0].layer)

    def add(self, layer: Any, *parts: Layer) -> None:
        """Add a Keras layer that computes these parts one after the other, or no part if it does nothing."""
        reads = tuple(self.at.get(id(tensor), 0) for tensor in self.call.reads)  # 0: of a call that is refused
        weighted = isinstance(layer, keras.Layer) and bool(layer.variables)
        before = [part.nodes for part in self.parts if part.call.layer is layer and weighted]
        first = len(self.nodes)
        for k, part in enumerate(parts):
            shares = before[0][k] if before and k < len(before[0]) and part == self.nodes[before[0][k]].layer else None
            self.nodes.append(Node(part, reads if not k else (len(self.nodes) - 1,), shares))
        self.at[id(self.call.gives)] = len(self.nodes) - 1 if parts else reads[0]
        reader = _reader_of(layer) or _reader_of(getattr(layer, "activation", None)) or Reader()
        self.parts.append(_Part(self.call, reader, tuple(range(first, len(self.nodes)))))

    def add_weights(self, layer: Any, part: Layer, *, linear: bool = False) -> None:
        """Add a Keras layer with weights and an activation. `linear`: also an activation that does nothing."""
        activation = self.activation(layer, layer.activation)
        alone = activation == Linear() and (self.activation_follows or not linear)
        self.add(layer, part, *([] if alone else [activation]))

    def activation(self, layer: Any, function: Any) -> Layer:
        """Return the activation that Keras computes with this function or layer; note a problem if it is unknown."""
        reader = _reader_of(function)
        if isinstance(reader, ActivationReader):
            return reader.named(layer, function, self)
        name = getattr(function, "__name__", type(function).__name__)
        self.problem(layer, f"activation {name}: {UNKNOWN}")
        return Linear()

    def understood(self, model: Any) -> Understood:
        """Return the model in the essay's terms.  Raises Unsupported, naming all problems found."""
        title = f"model {model.name}"
        if len(self.dtypes) > 1 or not self.dtypes <= {"float32", "float64"}:
            kinds = ", ".join(sorted(self.dtypes))
            self.problems.append((title, f"its layers compute in {kinds}; one of float32 and float64 is verified"))
        if not any(node.layer.begins for node in self.nodes) and not self.problems:
            self.problems.append((title, "it has no layer with weights, such as Dense"))
        if any(len(tensor.shape) < 2 for tensor in self.graph.outputs):
            self.problems.append((title, "it gives single numbers [N]; an output [N, n] is verified, such as [N, 1]"))
        refused = refused_regularizers(model.trainable_variables)
        self.problems += refused
        regularized = sum(variable.regularizer is not None for variable in model.trainable_variables)
        regularized += sum(getattr(call.layer, "activity_regularizer", None) is not None for call in self.graph.calls)
        if not refused and len(model.losses) > regularized:
            self.problems.append((title, OWN_LOSSES))
        if self.problems:
            raise Unsupported(self.problems)
        try:
            ends = tuple(self.at[id(tensor)] for tensor in self.graph.outputs)
            network = Network(tuple(self.nodes), () if ends == (len(self.nodes) - 1,) else ends)
        except ValueError as error:
            raise Unsupported([(title, str(error))]) from error
        places = [place for _, place in network.places]
        self._check_shapes(places)
        variables, kept = self._variables(places)
        learned = {P: shape for layer, place in network.places for P, shape in layer.learned(place).items()}
        calls = ((part.call.layer, self.at[id(part.call.gives)]) for part in self.parts)
        active = activities(calls, self.nodes, places, next(iter(self.dtypes)))
        regular, constrained = regularizers(variables, learned), constraints(variables, learned)
        network = replace(network, regularizers=(*regular, *active.items()), constraints=constrained)
        stages = tuple(self._stage(part, places, active) for part in self.parts)
        return Understood(self.graph, stages, network, self.dtypes.pop(), variables, kept, self.channels_first)

    def _stage(self, part: _Part, places: list[Place], active: Mapping[str, object]) -> Stage:
        """Return the stage of a call."""
        name = places[self.at[id(part.call.gives)]].gives
        own = getattr(part.call.layer, "activity_regularizer", None) and active.get(name)
        penalty = penalty_of(name) if own else ""
        gives = tuple(places[k].gives for k in part.nodes if places[k].gives != places[k].reads)
        reads = tuple(id(tensor) for tensor in part.call.reads)
        return Stage(part.call.layer, part.reader, gives, reads, id(part.call.gives), penalty)

    def _check_shapes(self, places: list[Place]) -> None:
        """Raise Unsupported, naming the layers that By Hand gives another shape than Keras."""
        for part in self.parts:
            shape, here = called_shape(part.call), places[self.at[id(part.call.gives)]].outputs
            if shape != here and not (self.rows and len(here) == 1 and prod(shape) == here[0]):
                self.problem(part.call.layer, f"it gives the shape {list(shape)}; By Hand computes {list(here)}")
        if self.problems:
            raise Unsupported(self.problems)

    def _variables(self, places: list[Place]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the parameters, and what layers keep, by name.  Raises Unsupported if two layers share a variable."""
        variables: dict[str, Any] = {}
        kept: dict[str, Any] = {}
        for part in self.parts:
            owned = [(self.nodes[k].layer, places[k]) for k in part.nodes if places[k].owns]
            names = [name for layer, place in owned for name in layer.parameters(place)]
            state = [name for layer, place in owned for name in layer.kept(place)]
            found = dict(zip(names, part.reader.variables(part.call.layer), strict=True)) if names else {}
            if any(variable is other for variable in found.values() for other in variables.values()):
                self.problem(
                    part.call.layer, "its weights are also those of a layer before it (one variable in two layers)"
                )
            variables |= found
            kept |= dict(zip(state, part.reader.kept(part.call.layer), strict=True)) if state else {}
        if self.problems:
            raise Unsupported(self.problems)
        return variables, kept
