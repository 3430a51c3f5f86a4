"""Where each layer of a network stands: the tensors that it reads and gives, their names, and their shapes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from reference.layers.activation import Activation
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
    return "X" if sum(not node.reads for node in nodes) == 1 else of_layer("X", k + 1)


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
