"""Concatenate: several tensors side by side, along one axis."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from math import prod
from typing import Any

import numpy as np

from reference.layers.layer import Layer, Place, Shape
from reference.operations import beside, take
from reference.rule import Rule
from reference.selection import Places, selected

SOURCE = "Keras: Concatenate"


def side_by_side(*tensors: Any, places: Places) -> Any:
    """All numbers of all tensors, at their places.  m tensors [N, …], places […] -> [N, …].  Keras: Concatenate"""
    return take(beside(*tensors), places)


@lru_cache(maxsize=256)
def joined_places(shapes: tuple[Shape, ...], axis: int) -> tuple[Places, tuple[Places, ...]]:
    """Return where each number comes from, and where the numbers of each tensor go.  Keras: Concatenate

    The first are places in the rows of all examples' tensors, one behind the other; the others are places in J(k).
    `axis` counts from 0, without the examples.
    """
    ends = np.cumsum([0, *map(prod, shapes)])
    parts = [np.arange(first, last).reshape(shape) for shape, first, last in zip(shapes, ends, ends[1:], strict=False)]
    places = np.concatenate(parts, axis=axis)
    order = np.argsort(places.ravel())
    gone = [order[first:last].reshape(shape) for shape, first, last in zip(shapes, ends, ends[1:], strict=False)]
    return places, tuple(gone)


@dataclass(frozen=True)
class Concatenate(Layer):
    """J(k): tensors side by side along `axis`, counted from the end (-1 is the last).  Keras: Concatenate"""

    kind = "concatenate"
    letter = "J"
    counted = True
    joins = True
    axis: int = -1

    def __post_init__(self) -> None:
        if type(self.axis) is not int or self.axis >= 0:
            raise ValueError(f"the axis is counted from the end, as -1, -2, …, not {self.axis!r}")

    def shape(self, *inputs: Shape) -> Shape:
        """Return the shape side by side.  Raises ValueError if another axis than `axis` differs."""
        if -self.axis > len(inputs[0]):
            raise ValueError(f"tensors of shape {list(inputs[0])} have no axis {self.axis}")
        k = len(inputs[0]) + self.axis
        if len({(len(s), s[:k], s[k + 1 :]) for s in inputs}) > 1:
            shapes = " and ".join(str(list(s)) for s in inputs)
            raise ValueError(f"tensors of shapes {shapes} do not fit side by side along axis {self.axis}")
        return (*inputs[0][:k], sum(s[k] for s in inputs), *inputs[0][k + 1 :])

    def _places(self, place: Place) -> tuple[Places, tuple[Places, ...]]:
        shapes = tuple(source.shape for source in place.sources)
        return joined_places(shapes, len(shapes[0]) + self.axis)

    def forward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of J(k)."""
        compute = partial(side_by_side, places=self._places(place)[0])
        inputs = tuple(source.tensor for source in place.sources)
        yield Rule(place.gives, SOURCE, inputs, compute, place.number, "forward", kind=self.kind)

    def backward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of the gradient of each tensor that it reads, where it is needed: its part of dJ."""
        for source, places in zip(place.sources, self._places(place)[1], strict=True):
            if source.needs_gradient:
                compute = partial(selected, places=places)
                inputs = (place.gradient_in,)
                yield Rule(f"d{source.tensor}", SOURCE, inputs, compute, source.number, "backward", kind=self.kind)
