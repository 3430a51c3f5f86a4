"""Where each layer of a network stands: the tensors that it reads and gives, their names, and their shapes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

from reference.activity import Activity
from reference.layers.activation import Activation
from reference.layers.input import Input
from reference.layers.layer import LARGEST, Layer, Place, Source
from reference.tensor_names import of_layer


@dataclass(frozen=True)
class Node:
    """A layer, and the positions (from 0) of the nodes that it reads.

    `shares`: the position of the node whose parameters it uses, if the same layer is used a second time.
    """

    layer: Layer
    reads: tuple[int, ...] = ()
    shares: int | None = None


def inputs_of(nodes: tuple[Node, ...]) -> int:
    """Return the number of inputs, which stand before all other layers.  Section 1.2"""
    return next((k for k, node in enumerate(nodes) if not isinstance(node.layer, Input)), len(nodes))


def check(nodes: tuple[Node, ...], ends: tuple[int, ...]) -> None:
    """Check that nodes make a graph: inputs first, and every layer is read or gives an output.  Section 1.2

    Raises ValueError.
    """
    first = inputs_of(nodes)
    if not first or any(node.reads for node in nodes[:first]):
        raise ValueError("a network begins with its input")
    for number, node in enumerate(nodes[first:], first):
        _check_node(nodes, number, node)
    if any(k not in range(len(nodes)) for k in ends):
        raise ValueError("an output is given by a layer of the network")
    unread = set(range(len(nodes))) - {k for node in nodes for k in node.reads} - set(ends or (len(nodes) - 1,))
    if unread:
        raise ValueError(f"no layer reads layer {min(unread)} ({nodes[min(unread)].layer})")


def _check_node(nodes: tuple[Node, ...], number: int, node: Node) -> None:
    """Check what a node reads and shares.  Raises ValueError."""
    if isinstance(node.layer, Input):
        raise ValueError("the inputs of a network stand before all other layers")
    if not node.reads or any(k not in range(number) for k in node.reads):
        raise ValueError(f"layer {number} ({node.layer}) must read layers before it")
    if len(node.reads) > 1 and not node.layer.joins:
        raise ValueError(f"layer {number} ({node.layer}) reads one layer, not {len(node.reads)}")
    if node.shares is None:
        return
    if node.shares not in range(number) or nodes[node.shares] != Node(node.layer, nodes[node.shares].reads):
        raise ValueError(f"layer {number} ({node.layer}) can share the parameters of an equal layer before it only")


def places_of(nodes: tuple[Node, ...], prediction: bool) -> Iterator[Place]:
    """Yield the place of each node. `prediction`: a layer that a prediction skips gives what it reads.

    Layers are numbered as in the essay: each with weights begins a new one, and what follows belongs to it.
    """
    depth = sum(node.layer.begins for node in nodes)
    counts: Counter[str] = Counter()
    places: list[Place] = []
    learns: list[bool] = []
    for k, node in enumerate(nodes):
        layer, before = node.layer, [places[j] for j in node.reads]
        sources = tuple(
            Source(p.gives, p.number, p.outputs, learns[j]) for p, j in zip(before, node.reads, strict=True)
        )
        inputs = tuple(source.shape for source in sources)
        counts[BEGUN] += layer.begins
        number = counts[BEGUN] if layer.begins else max((source.number for source in sources), default=0)
        letter, count = _name(nodes, k, number, counts, layer.names(*inputs))
        gives = of_layer(letter, count) if letter else sources[0].tensor if sources else _input(nodes, k)
        if prediction and layer.only_in_training:
            gives = sources[0].tensor
        owner = count if node.shares is None else places[node.shares].owner
        outputs = layer.shape(*inputs)
        if prod(outputs) > LARGEST:
            raise ValueError(f"layer {k} ({layer}) gives more than {LARGEST:,} numbers an example")
        place = Place(number, depth, sources, gives, outputs, owner, node.shares is None, not prediction)
        learns.append(bool(layer.learned(place)) or any(learns[j] for j in node.reads))
        places.append(place)
        yield place


def _input(nodes: tuple[Node, ...], k: int) -> str:
    """Return the name of the input that node k is: X, or X1, X2, … if several nodes are inputs."""
    return "X" if inputs_of(nodes) == 1 else of_layer("X", k + 1)


BEGUN = "begun"  # counts the layers with weights


def _name(nodes: tuple[Node, ...], k: int, number: int, counts: Counter[str], letter: str) -> tuple[str, int]:
    """Return the letter and the number of the tensor that node k gives.

    The essay's names are Z(l), A(l) for an activation right behind Z(l), and D(l) for the first dropout of layer l. All
    others are counted: S1, S2, … for rescalings, H1, H2, … for other activations, Q1, … for other dropouts.
    """
    layer = nodes[k].layer
    if layer.begins:
        return letter, number
    if not layer.counted:
        essay = f"{letter}{number}"  # as a key of `counts`: whether the essay's name is taken
        fits = not isinstance(layer, Activation) or nodes[nodes[k].reads[0]].layer.begins
        if fits and not counts[essay]:
            counts[essay] += 1
            return letter, number
        letter = layer.spare if letter else letter
    counts[letter] += 1
    return letter, counts[letter]


def check_belonging(learned: Sequence[str], given: Sequence[str], *every: Sequence[tuple[str, object]]) -> None:
    """Raise ValueError unless each belongs to a learned parameter of its own: regularizers, and constraints.

    An activity regularizer belongs to a tensor that a layer gives.
    """
    for belonging in every:
        fit = [P in (given if isinstance(one, Activity) else learned) for P, one in belonging]
        if len({P for P, _ in belonging}) < len(belonging) or not all(fit):
            raise ValueError("regularizers and constraints belong to learned parameters, each to one")
