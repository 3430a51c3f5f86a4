"""Reshape: the numbers of an example in another shape, in the same order."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

import numpy as np

from reference.layers.layer import Layer, Place, Shape
from reference.rule import Rule
from reference.selection import Places, selection, selection_gradient


def same_order(target: Shape) -> Places:
    """The places 0, 1, 2, … in the new shape, the last axis the fastest in both.  -> [*target].  Keras: Reshape"""
    return np.arange(prod(target)).reshape(target)


@dataclass(frozen=True)
class Reshape(Layer):
    """F(k): the numbers of an example in the shape `target`, in the order in which they stand.  Keras: Reshape"""

    kind = "reshape"
    letter = "F"
    counted = True
    target: Shape = (1,)

    def __post_init__(self) -> None:
        whole = isinstance(self.target, tuple) and all(type(n) is int and n > 0 for n in self.target)
        if not whole or not self.target:
            raise ValueError(f"a target shape has at least one axis, each of at least 1, not {self.target!r}")

    def shape(self, *inputs: Shape) -> Shape:
        """Return the target.  Raises ValueError if it holds more or fewer numbers than an example."""
        if prod(inputs[0]) != prod(self.target):
            raise ValueError(f"an example of the shape {list(inputs[0])} does not have the numbers of {self.target}")
        return self.target

    def forward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of F(k)."""
        yield from selection(self, place, same_order(self.target))

    def backward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of the gradient of what the layer reads, if it is needed."""
        yield from selection_gradient(self, place, same_order(self.target))
