"""Variants that all layers share that only move numbers: other tables of places, and sums over other copies.

A change is a function of the layer's table and of the shape of what it reads; it returns another table. A layer with a
wrong table is wrong forward, or backward, where the gradient goes to the places of that table.
"""

from collections.abc import Callable, Mapping
from functools import partial
from math import prod
from typing import Any

import numpy as np

from reference.layers.layer import Shape
from reference.rule import Rule
from reference.selection import Places, readers_of, selected, selected_gradient
from reference.tensor_names import previous
from verify.compare.variants.shared import VariantParts, options, unchanged

Change = Callable[[Places, Shape], Places]


def numbered(shape: Shape) -> Places:
    """Return the place of each number of an example of this shape."""
    return np.arange(prod(shape)).reshape(shape)


def shown(table: Places, places: Places) -> Places:
    """Return the numbers of a table at these places; -1 for place -1."""
    return np.where(places >= 0, table.ravel()[places], -1)


def _read_columns_first(places: Places, inputs: Shape) -> Places:
    return shown(np.arange(prod(inputs)).reshape(inputs, order="F"), places)


def _written_columns_first(places: Places, inputs: Shape) -> Places:
    return places.ravel().reshape(places.shape, order="F")


def _exchanged_after(places: Places, inputs: Shape) -> Places:
    return places.swapaxes(0, 1).reshape(places.shape)


def _exchanged_before(places: Places, inputs: Shape) -> Places:
    return shown(numbered(inputs).swapaxes(0, 1).ravel(), places)


def _without_one(places: Places, inputs: Shape) -> Places:
    """Return the table without the number in the middle; those at the ends may be zeros of a padding anyway."""
    at = np.flatnonzero(places >= 0)
    return np.where(np.arange(places.size).reshape(places.shape) == at[len(at) // 2], -1, places)


COMMON: dict[str, Change] = {
    "numbers read with the first axis fastest": _read_columns_first,
    "numbers written with the first axis fastest": _written_columns_first,
    "rows and columns of the result exchanged": _exchanged_after,
    "rows and columns of what is read exchanged": _exchanged_before,
    "first axis in the opposite order": lambda places, inputs: places[::-1],
    "last axis in the opposite order": lambda places, inputs: places[..., ::-1],
    "numbers moved by one": lambda places, inputs: np.roll(places, 1),
    "numbers moved back by one": lambda places, inputs: np.roll(places, -1),
    "one number lost": _without_one,
}


def variants(rule: Rule, changes: Mapping[str, Change]) -> VariantParts:
    """Yield the variants of one rule of a layer that moves numbers: these changes of its table, then those of all."""
    gradient = rule.phase != "forward"
    table = options(rule.compute)["readers" if gradient else "places"]
    compute = _gradient_otherwise if gradient else _selected_otherwise
    for name, change in {**changes, **COMMON}.items():
        yield name, partial(compute, table=table, change=change)
    if gradient and table.shape[-1] > 1:
        copies = table.shape[-1]
        yield "gradient of the first copy alone", partial(selected_gradient, readers=table[..., :1])
        yield "gradient of the last copy alone", partial(selected_gradient, readers=table[..., -1:])
        yield "gradient of the first copy lost", partial(selected_gradient, readers=table[..., 1:])
        yield "gradients of the copies averaged", lambda dY: rule.compute(dY) * (1 / copies)
    yield "numbers of another example", partial(_of_another_example, compute=rule.compute)
    if gradient:
        yield "gradient of the step before", unchanged, (previous(rule.tensor),)
    else:
        yield "stale inputs", rule.compute, (previous(rule.inputs[0]),)


def _other(places: Places, inputs: Shape, change: Change) -> Places:
    """Return another table.  Raises ValueError if it is the same, or of another shape."""
    other = change(places, inputs)
    if other.shape != places.shape or np.array_equal(other, places):
        raise ValueError("the change gives no other table")
    return other


def _selected_otherwise(X: Any, table: Places, change: Change) -> Any:
    """Return what another table shows of X [N, …]."""
    return selected(X, _other(table, X.shape[1:], change))


def _gradient_otherwise(dY: Any, table: Places, change: Change) -> Any:
    """Return the gradient of another table; `table` has the readers of each number."""
    inputs = table.shape[:-1]
    places = np.full(prod(dY.shape[1:]), -1)
    numbers = np.repeat(np.arange(prod(inputs)), table.shape[-1])
    at = table.ravel()
    places[at[at >= 0]] = numbers[at >= 0]
    return selected_gradient(dY, readers_of(_other(places.reshape(dY.shape[1:]), inputs, change), inputs))


def _of_another_example(X: Any, compute: Callable[..., Any]) -> Any:
    """Return what the example before gives.  Raises ValueError if there is one example."""
    if X.shape[0] == 1:
        raise ValueError("there is no other example")
    return compute(X[np.arange(X.shape[0]) - 1])
