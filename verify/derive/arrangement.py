"""Operations that only move numbers: each number of the result is a number of an operand, or 0.

Such an operation is a function from the index of a number of the result to its source. It is given one array for each
axis of the result, counted from 0; the arrays broadcast. It returns which operand the numbers come from, counted from
0, and their places in the numbers of that operand, counted row by row from 0. The place -1 stands for the number 0.
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate
from math import prod
from typing import Any

import numpy as np

from verify.records.trace import Array

Shape = tuple[int, ...]
Arrangement = Callable[..., tuple[Any, Any]]


def place_of(index: Sequence[Any], shape: Shape) -> Any:
    """Return the place of an element among the numbers of an array, row by row, for arrays of indices."""
    place: Any = 0
    for i, n in zip(index, shape, strict=True):
        place = place * n + i
    return place


def index_of(place: Any, shape: Shape) -> tuple[Any, ...]:
    """Return the index of the element at a place, for an array of places."""
    index = []
    for n in reversed(shape):
        place, i = np.divmod(place, n)
        index.append(i)
    return tuple(reversed(index))


def reshaped(shape: Shape) -> Arrangement:
    """Return the arrangement of an operand's numbers in another shape."""
    return lambda *index: (0, place_of(index, shape))


def transposed(shape: Shape, axes: Sequence[int]) -> Arrangement:
    """Return the arrangement of an operand of a shape with its axes in another order."""
    return lambda *index: (0, place_of([index[axes.index(axis)] for axis in range(len(shape))], shape))


def indexed(shape: Shape, key: Any) -> tuple[Arrangement, Shape]:
    """Return the arrangement of array[key] for an operand of a shape, and the shape of the result."""
    places = np.arange(prod(shape)).reshape(shape)[key]
    return lambda *index: (0, places[index]), places.shape


def taken(shape: Shape, places: Array) -> Arrangement:
    """Return the arrangement of `reference.operations.take`."""
    return partial(_taken, size=prod(shape[1:]), places=places)


def _taken(example: Any, *index: Any, size: int, places: Array) -> tuple[Any, Any]:
    place = places[index]
    return 0, np.where(place < 0, -1, example * size + place)


def put_beside(shapes: Sequence[Shape]) -> Arrangement:
    """Return the arrangement of `reference.operations.beside`."""
    sizes = np.array([prod(shape[1:]) for shape in shapes])
    return partial(_beside, sizes=sizes, starts=np.array([0, *accumulate(sizes)]))


def _beside(example: Any, place: Any, *, sizes: Array, starts: Array) -> tuple[Any, Any]:
    which = np.searchsorted(starts, place, side="right") - 1
    return which, example * sizes[which] + place - starts[which]
