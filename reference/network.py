"""The network as a value: its layers in order, each with the layers it reads. Section 1.2 and Figure 3."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from reference.constraints import Constraint
from reference.layers import activation_named
from reference.layers.activation import Activation
from reference.layers.dense import Dense
from reference.layers.dropout import Dropout
from reference.layers.identity import Identity
from reference.layers.input import Input
from reference.layers.layer import Layer, Place, Shape
from reference.layers.linear import Linear
from reference.layers.rescaling import Rescaling
from reference.places import Node, check, check_belonging, inputs_of, places_of
from reference.regularizers import Penalty
from reference.tensor_names import PENALTY, has_role, of_layer, read, shape_in_role

__all__ = ["ESSAY", "Network", "Node", "chain", "line"]


@dataclass(frozen=True)
class Network:
    """A graph of layers: the first are inputs, and every other layer reads earlier ones.

    `ends` are the positions (from 0) of the layers that give the outputs; empty: the last layer gives the one output.
    `prediction`: without the layers that a prediction skips; the names of all other tensors stay. `weighted`: each
    example has a weight. `regularizers` and `constraints` belong to learned parameters, an Activity to a tensor.
    Raises ValueError if the layers do not fit together.
    """

    nodes: tuple[Node, ...]
    ends: tuple[int, ...] = ()
    prediction: bool = False
    weighted: bool = False
    regularizers: tuple[tuple[str, Penalty], ...] = ()
    constraints: tuple[tuple[str, Constraint], ...] = ()

    def __post_init__(self) -> None:
        check(self.nodes, self.ends)
        if not self.depth:
            raise ValueError("at least one layer with weights is needed")
        if not self.places:  # computes every shape
            raise ValueError("the layers do not fit together")
        if any(isinstance(layer, Input) for layer, _ in self.outputs):
            raise ValueError("an output is given by a layer, not by an input")
        check_belonging(self.learned(), tuple(self._examples), self.regularizers, self.constraints)

    @cached_property
    def _every_place(self) -> tuple[Place, ...]:
        """The place of every node.  Raises ValueError if a layer cannot read what stands before it."""
        return tuple(places_of(self.nodes, self.prediction))

    @cached_property
    def places(self) -> tuple[tuple[Layer, Place], ...]:
        """Every layer with its place.  Raises ValueError if a layer cannot read what stands before it."""
        skips = (self.prediction and node.layer.only_in_training for node in self.nodes)
        every = zip(self.nodes, self._every_place, skips, strict=True)
        return tuple((node.layer, place) for node, place, skipped in every if not skipped)

    @cached_property
    def outputs(self) -> tuple[tuple[Layer, Place], ...]:
        """The layers that give the outputs, each the last that does something, and their places."""
        return tuple(self._that_gives(k) for k in self.ends or (len(self.nodes) - 1,))

    @property
    def output(self) -> tuple[Layer, Place]:
        """The first output: the layer that gives it, and its place."""
        return self.outputs[0]

    def _that_gives(self, position: int) -> tuple[Layer, Place]:
        """Return the layer that computes what the layer at a position gives, and its place."""
        node = self.nodes[position]
        skipped = self.prediction and node.layer.only_in_training
        if node.reads and (skipped or isinstance(node.layer, Identity)):
            return self._that_gives(node.reads[0])
        return node.layer, self._every_place[position]

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """The names of the inputs: X, or X1, X2, … if there are several."""
        return tuple(place.gives for place in self._every_place[: inputs_of(self.nodes)])

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The names of the labels of each output: y, or y1, y2, … if there are several outputs."""
        return ("y",) if len(self.outputs) == 1 else tuple(of_layer("y", k) for k, _ in enumerate(self.outputs, 1))

    @cached_property
    def weights(self) -> tuple[str, ...]:
        """The names of the weights of the examples, for each output: s, or s1, s2, …; nothing if there are none."""
        return tuple(label.replace("y", "s") for label in self.labels if self.weighted)

    @property
    def batch(self) -> tuple[str, ...]:
        """The inputs, the labels, and the weights of the examples, by name."""
        return self.inputs + self.labels + self.weights

    @cached_property
    def depth(self) -> int:
        """L, the number of the essay's layers without the input."""
        return sum(node.layer.begins for node in self.nodes)

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """n(0), n(1), …, n(L): how many numbers an example has, and how many nodes each layer has."""
        return (self.places[0][1].outputs[-1], *(place.outputs[-1] for layer, place in self.places if layer.begins))

    @cached_property
    def activations(self) -> tuple[str, ...]:
        """The activation of each layer 1…L, as text; "linear" for a layer that has none."""
        found = {place.gives: str(layer) for layer, place in self.places if isinstance(layer, Activation)}
        return tuple(found.get(of_layer("A", number), Linear.kind) for number in range(1, self.depth + 1))

    def kinds(self, number: int) -> tuple[str, ...]:
        """Return what follows the weights of the essay's layer l, as texts: ("relu", "max_pooling"); layer 0: X."""
        return tuple(str(x) for x in self.layers(number) if not x.begins and not isinstance(x, Input | Identity))

    def layers(self, number: int) -> tuple[Layer, ...]:
        """Return the parts of the essay's layer l: a Dense, its activation, and a dropout; layer 0 is the input."""
        return tuple(layer for layer, place in self.places if place.number == number)

    def read_by(self, number: int) -> tuple[int, ...]:
        """Return the numbers of the other layers of the essay that the parts of layer l read."""
        sources = (source.number for _, place in self.places if place.number == number for source in place.sources)
        return tuple(sorted(set(sources) - {number}))

    @cached_property
    def in_prediction(self) -> Network:
        """The network without the layers that a prediction skips."""
        return replace(self, prediction=True)

    @cached_property
    def _parameters(self) -> dict[str, Shape]:
        return {P: shape for layer, place in self.places for P, shape in layer.parameters(place).items()}

    @cached_property
    def _drawn(self) -> dict[str, Shape]:
        return {M: shape for layer, place in self.places for M, shape in layer.drawn(place).items()}

    @cached_property
    def _examples(self) -> dict[str, Shape]:
        """The shape of one example of every tensor of the forward pass."""
        inner = {name: shape for layer, place in self.places for name, shape in layer.inner(place).items()}
        outputs = {place.gives: place.outputs for _, place in self.places}
        labels = {label: place.outputs for label, (_, place) in zip(self.labels, self.outputs, strict=True)}
        weights = {s: (*labels[y][:-1], 1) for s, y in zip(self.weights, self.labels, strict=False)}
        return self._drawn | inner | outputs | labels | weights

    def parameters(self) -> tuple[str, ...]:
        """Return the names of the parameters: W1, B1, …, WL, BL."""
        return tuple(self._parameters)

    def learned(self) -> tuple[str, ...]:
        """Return the names of the parameters that training changes."""
        return tuple(dict.fromkeys(P for layer, place in self.places for P in layer.learned(place)))

    @cached_property
    def kept(self) -> tuple[str, ...]:
        """The names of what layers keep from step to step themselves: moving_mean_1, …."""
        return tuple(name for layer, place in self.places for name in layer.kept(place))

    def statistics(self) -> tuple[str, ...]:
        """Return the names of what layers compute once for all examples: mean_1, variance_1, …."""
        return tuple(name for name in self._whole if name not in self._parameters)

    @cached_property
    def _whole(self) -> dict[str, Shape]:
        """The shape of every tensor that has no axis for the examples."""
        statistics = (layer.statistics(place) for layer, place in self.places)
        return self._parameters | {name: shape for shapes in statistics for name, shape in shapes.items()}

    def masks(self) -> tuple[str, ...]:
        """Return the names of the dropout masks: M0, …, ML."""
        return tuple(self._drawn)

    def shape(self, parameter: str) -> Shape:
        """Return the shape of a parameter: [n(l-1), n(l)] for a Dense's weights, [1, n(l)] for a bias."""
        return self._parameters[parameter]

    def tensor_shape(self, name: str, batch: int) -> tuple[int, ...]:
        """Return the shape of any tensor of a training step: () for C and alpha, [N, n(l)] for Z(l) or dZ(l).

        Raises ValueError if `name` is not the name of a tensor.
        """
        base = read(name).base
        if base in self._whole:
            return shape_in_role(name, self._whole[base])
        return shape_in_role(name, (batch, *self._examples[base])) if base in self._examples else ()

    def has_examples(self, name: str) -> bool:
        """Return whether a tensor has an axis for the examples: Z1 and dZ1 have, W1 and dW1 have not.

        Raises ValueError if `name` is not the name of a tensor.
        """
        base = read(name).base
        return base in self._examples and base not in self._whole and not has_role(name, PENALTY)

    def count(self, kind: str) -> int:
        """Return the number of weights ("W") or biases ("B"): the essay has 109,184 and 202, section 2.2.2."""
        shapes = [shape for P, shape in self._parameters.items() if read(P).quantity == kind]
        return sum(map(math.prod, shapes))


def line(layers: Iterable[Layer]) -> Network:
    """Return the network in which each layer reads the one before it.  Raises ValueError if they do not fit."""
    return Network(tuple(Node(layer, (k - 1,) if k else ()) for k, layer in enumerate(layers)))


def chain(
    sizes: tuple[int, ...] = (784, 128, 64, 10),
    activations: tuple[str, ...] = ("relu", "relu", "softmax"),
    biases: tuple[bool, ...] = (),
    dropout: tuple[float, ...] = (),
    rescaling: tuple[tuple[float, float], ...] = (),
) -> Network:
    """Return a network of Dense layers with these `sizes` n(0)…n(L), each with its activation.

    `biases` says for each layer whether it has a bias (empty: all have one). `dropout` gives a rate for the input and
    for each layer's output (empty: no dropout). `rescaling` gives the scale and offset of each layer that rescales X.
    Raises ValueError if these do not fit together.
    """
    depth = len(sizes) - 1
    if depth < 1 or any(type(n) is not int or n < 1 for n in sizes):
        raise ValueError(f"sizes {sizes}: at least two layers of at least one node are needed")
    if len(activations) != depth:
        raise ValueError(f"{depth} layers need {depth} activations, not {len(activations)}")
    if len(biases) not in (0, depth) or any(type(b) is not bool for b in biases):
        raise ValueError(f"{depth} layers need {depth} times yes or no for their biases, or none")
    if len(dropout) not in (0, depth + 1) or any(not 0 <= rate < 1 for rate in dropout):
        raise ValueError(f"{depth} layers need {depth + 1} dropout rates from 0 to below 1, or none")
    if any(len(pair) != 2 for pair in rescaling):
        raise ValueError("each rescaling needs a scale and an offset")
    rates = dropout or (0.0,) * (depth + 1)
    layers: list[Layer] = [Input(sizes[0]), *(Rescaling(scale, offset) for scale, offset in rescaling)]
    for number in range(depth + 1):
        if number:
            bias = biases[number - 1] if biases else True
            layers += [Dense(sizes[number], bias), activation_named(activations[number - 1])]
        if rates[number]:
            layers.append(Dropout(rates[number]))
    return line(layers)


ESSAY = chain()
