"""Permute: the axes of an example in another order."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

import numpy as np

from reference.layers.layer import Layer, Place, Shape
from reference.rule import Rule
from reference.selection import Places, selection, selection_gradient


def permuted_places(shape: Shape, dims: tuple[int, ...]) -> Places:
    """Places of the numbers with the axes in another order.  [*shape] -> [shape[dims[0]-1], …].  Keras: Permute

    Axis k of the result is axis `dims[k]` of the example, counted from 1.
    """
    return np.arange(prod(shape)).reshape(shape).transpose([axis - 1 for axis in dims])


@dataclass(frozen=True)
class Permute(Layer):
    """F(k): an example whose axis k is axis `dims[k]` of what the layer reads, counted from 1.  Keras: Permute"""

    kind = "permute"
    letter = "F"
    counted = True
    dims: tuple[int, ...] = (1,)

    def __post_init__(self) -> None:
        whole = isinstance(self.dims, tuple) and all(type(axis) is int for axis in self.dims)
        if not whole or not self.dims or sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ValueError(f"dims must be the numbers from 1 on in some order, not {self.dims!r}")

    def shape(self, *inputs: Shape) -> Shape:
        """Return the lengths in the new order.  Raises ValueError if an example has more or fewer axes."""
        if len(inputs[0]) != len(self.dims):
            raise ValueError(f"an order of {len(self.dims)} axes does not fit examples of the shape {list(inputs[0])}")
        return tuple(inputs[0][axis - 1] for axis in self.dims)

    def forward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of F(k)."""
        yield from selection(self, place, permuted_places(place.inputs, self.dims))

    def backward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of the gradient of what the layer reads, if it is needed."""
        yield from selection_gradient(self, place, permuted_places(place.inputs, self.dims))
