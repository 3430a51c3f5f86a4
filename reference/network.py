"""The network as a value: its layers in order, each with the layers it reads. Section 1.2 and Figure 3."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from reference.layers import activation_named
from reference.layers.activation import Activation
from reference.layers.dense import Dense
from reference.layers.dropout import Dropout
from reference.layers.input import Input
from reference.layers.layer import Layer, Place, Shape
from reference.layers.rescaling import Rescaling
from reference.tensor_names import of_layer, read

ONE_ACTIVATION = "each layer with weights needs one activation, right behind it, and nothing else has one"


@dataclass(frozen=True)
class Node:
    """A layer, and the positions (from 0) of the nodes that it reads."""

    layer: Layer
    reads: tuple[int, ...] = ()


@dataclass(frozen=True)
class Network:
    """A graph of layers: the first is the input, and every other layer reads earlier ones.

    Today each layer must read the layer directly before it.  Raises ValueError if the layers do not fit together.
    """

    nodes: tuple[Node, ...]

    def __post_init__(self) -> None:
        if not self.nodes or not isinstance(self.nodes[0].layer, Input) or self.nodes[0].reads:
            raise ValueError("a network begins with its input")
        for number, node in enumerate(self.nodes[1:], 1):
            if isinstance(node.layer, Input):
                raise ValueError("a network has one input")
            if node.reads != (number - 1,):
                raise ValueError(f"layer {number} ({node.layer}) must read the layer before it, and nothing else")
        if not self.depth:
            raise ValueError("at least one layer with weights is needed")
        self._check_names()
        before: Layer | None = None
        for layer, place in self.places:
            if not layer.letter:
                continue
            if isinstance(layer, Activation) != (before is not None and before.begins):
                raise ValueError(ONE_ACTIVATION)
            if layer.counted and place.number:
                raise ValueError(f"{layer} may stand before the first layer with weights only")
            before = layer
        if before is not None and before.begins:
            raise ValueError(ONE_ACTIVATION)

    def _check_names(self) -> None:
        names = [place.gives for layer, place in self.places if layer.letter]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two layers give {name}: an activation or a dropout follows one of its kind")

    @cached_property
    def places(self) -> tuple[tuple[Layer, Place], ...]:
        """Every layer with its place.  Raises ValueError if a layer cannot read what stands before it."""
        return tuple(_places(self.nodes))

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
        """The activation of each layer 1…L, as text."""
        return tuple(str(layer) for layer, _ in self.places if isinstance(layer, Activation))

    def layers(self, number: int) -> tuple[Layer, ...]:
        """Return the parts of the essay's layer l: a Dense, its activation, and a dropout; layer 0 is the input."""
        return tuple(layer for layer, place in self.places if place.number == number)

    def output(self, number: int) -> str:
        """Return the tensor that the essay's layer l gives to the next: A(l), or D(l) after dropout.

        Layer 0 gives X, or S(k) after rescaling, or D0 after dropout.
        """
        return [place.gives for _, place in self.places if place.number == number][-1]

    @cached_property
    def in_prediction(self) -> Network:
        """The network without the layers that a prediction skips."""
        kept = [node.layer for node in self.nodes if not node.layer.only_in_training]
        return self if len(kept) == len(self.nodes) else line(kept)

    @cached_property
    def _parameters(self) -> dict[str, Shape]:
        return {P: shape for layer, place in self.places for P, shape in layer.parameters(place).items()}

    @cached_property
    def _drawn(self) -> dict[str, Shape]:
        return {M: shape for layer, place in self.places for M, shape in layer.drawn(place).items()}

    @cached_property
    def _examples(self) -> dict[str, Shape]:
        """The shape of one example of every tensor of the forward pass."""
        last = self.places[-1][1].outputs
        return self._drawn | {place.gives: place.outputs for _, place in self.places} | {"y": last}

    def parameters(self) -> tuple[str, ...]:
        """Return the names of the parameters: W1, B1, …, WL, BL."""
        return tuple(self._parameters)

    def learned(self) -> tuple[str, ...]:
        """Return the names of the parameters that training changes."""
        return tuple(P for layer, place in self.places for P in layer.learned(place))

    def masks(self) -> tuple[str, ...]:
        """Return the names of the dropout masks: M0, …, ML."""
        return tuple(self._drawn)

    def shape(self, parameter: str) -> Shape:
        """Return the shape of a parameter: [n(l-1), n(l)] for a weight matrix, [1, n(l)] for a bias."""
        return self._parameters[parameter]

    def tensor_shape(self, name: str, batch: int) -> tuple[int, ...]:
        """Return the shape of any tensor of a training step: () for C and alpha, [N, n(l)] for Z(l) or dZ(l).

        Raises ValueError if `name` is not the name of a tensor.
        """
        base = read(name).base
        if base in self._parameters:
            return self._parameters[base]
        return (batch, *self._examples[base]) if base in self._examples else ()

    def count(self, kind: str) -> int:
        """Return the number of weights ("W") or biases ("B"): the essay has 109,184 and 202, section 2.2.2."""
        shapes = [shape for P, shape in self._parameters.items() if read(P).quantity == kind]
        return sum(rows * columns for rows, columns in shapes)


def _places(nodes: tuple[Node, ...]) -> Iterator[tuple[Layer, Place]]:
    """Yield each layer with its place, numbered as in the essay: each Dense begins a new layer."""
    depth = sum(node.layer.begins for node in nodes)
    counts: dict[str, int] = {}
    places: list[Place] = []
    number, learns = 0, False
    for node in nodes:
        layer, before = node.layer, places[node.reads[0]] if node.reads else None
        number += layer.begins
        counts[layer.letter] = counts.get(layer.letter, 0) + 1
        reads = before.gives if before else "X"
        inputs = before.outputs if before else ()
        gives = of_layer(layer.letter, counts[layer.letter] if layer.counted else number) if layer.letter else reads
        place = Place(number, depth, reads, before.number if before else 0, gives, inputs, layer.shape(inputs), learns)
        learns = learns or bool(layer.learned(place))
        places.append(place)
        yield layer, place


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
