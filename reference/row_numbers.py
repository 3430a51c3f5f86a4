"""The whole numbers by which an Embedding chooses its rows: whether they come from the input, and fit its table."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from reference.layers.embedding import Embedding
from reference.layers.layer import Layer, Place
from reference.places import Node

# layers that only move numbers: what they give are still the whole numbers of the input, or 0
MOVING = ("concatenate", "cropping", "flatten", "identity", "input", "permute", "repeat_vector", "reshape",
          "up_sampling", "zero_padding")  # fmt: skip


def only_moved(nodes: Sequence[Node], positions: Iterable[int]) -> bool:
    """Return whether the nodes at these positions give numbers of the input that were only moved."""
    return all(nodes[k].layer.kind in MOVING and only_moved(nodes, nodes[k].reads) for k in positions)


def row_numbers(places: Iterable[tuple[Layer, Place]]) -> frozenset[str]:
    """Return the names of the inputs whose numbers, perhaps moved, are read by an Embedding."""
    comes_from: dict[str, frozenset[str]] = {}
    found: frozenset[str] = frozenset()
    for layer, place in places:
        begins = frozenset().union(*(comes_from.get(source.tensor, frozenset()) for source in place.sources))
        if isinstance(layer, Embedding):
            found |= begins
        elif layer.kind in MOVING:
            comes_from[place.gives] = begins or frozenset({place.gives})
    return found


def misfit(places: Iterable[tuple[Layer, Place]], inputs: Mapping[str, Any]) -> str:
    """Return why these inputs, by name, cannot be numbers of rows for the network's embeddings, or "" if they can."""
    known = {name: np.asarray(X) for name, X in inputs.items()}
    for layer, place in places:
        if isinstance(layer, Embedding) and place.reads in known:
            if text := _misfit(known[place.reads], layer.rows):
                return text
        elif layer.kind in MOVING and all(source.tensor in known for source in place.sources):
            known |= _moved(layer, place, known)
    return ""


def _moved(layer: Layer, place: Place, known: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a layer gives that only moves numbers."""
    return {rule.tensor: rule(known) for rule in layer.forward(place)}


def _misfit(numbers: Any, rows: int) -> str:
    """Return why these numbers are not those of rows, or ""."""
    if np.any(numbers != np.floor(numbers)):
        return "an Embedding reads whole numbers; it holds fractions, which Keras would cut off"
    strange = numbers[(numbers < 0) | (numbers >= rows)]
    if not strange.size:
        return ""
    return f"an Embedding of {rows:,} rows reads whole numbers from 0 to {rows - 1:,}, not {strange[0]:,}"
