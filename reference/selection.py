"""Layers that only move numbers: each number of the output is one of the input, or 0.

Such a layer is a table of places: for each number of the output, the place of a number of the example, counted along
its row, or -1 for 0. Its gradient follows from the table: what the layer read at a place gets the sum of the gradients
of all outputs that show it.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference.layers.layer import Layer, Place, Shape
from reference.operations import take
from reference.rule import Rule

Places = NDArray[np.int64]


def selected(X: Any, places: Places) -> Any:
    """Y = the numbers of X at these places.  X [N, …], places […] -> [N, …]"""
    return take(X, places)


def selected_gradient(dY: Any, readers: Places) -> Any:
    """dX = Σ of the gradients of all outputs that show a number.  dY [N, …], readers […, m] -> dX [N, …]"""
    chosen = take(dY, readers)
    return np.sum(chosen, axis=-1) if readers.shape[-1] > 1 else chosen.reshape(chosen.shape[:-1])


def readers_of(places: Places, shape: Shape) -> Places:
    """Return where each number of an example is shown: places of the output, and -1 to fill up.

    places […] with numbers below p = prod(shape) -> [*shape, m], m the most outputs that show one number.
    """
    flat = places.ravel()
    shown = np.flatnonzero(flat >= 0)
    order = shown[np.argsort(flat[shown], kind="stable")]
    numbers = flat[order]
    count = np.bincount(numbers, minlength=int(np.prod(shape)))
    rank = np.arange(len(order)) - np.repeat(np.cumsum(count) - count, count)
    table = np.full((len(count), max(1, int(count.max(initial=0)))), -1)
    table[numbers, rank] = order
    return table.reshape(*shape, -1)


def selection(layer: Layer, place: Place, places: Places) -> Iterator[Rule]:
    """Yield the rule of what a layer gives that selects these places."""
    compute = partial(selected, places=places)
    yield Rule(place.gives, _source(layer), (place.reads,), compute, place.number, "forward", kind=layer.kind)


def selection_gradient(layer: Layer, place: Place, places: Places) -> Iterator[Rule]:
    """Yield the rule of the gradient of what such a layer reads, if it is needed."""
    if place.needs_gradient:
        compute = partial(selected_gradient, readers=readers_of(places, place.inputs))
        inputs = (place.gradient_in,)
        yield Rule(place.gradient_out, _source(layer), inputs, compute, place.below, "backward", kind=layer.kind)


def _source(layer: Layer) -> str:
    return f"Keras: {type(layer).__name__}"
