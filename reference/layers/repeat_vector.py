"""RepeatVector: the row of an example several times, one below the other."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from reference.layers.layer import Layer, Place, Shape
from reference.rule import Rule
from reference.selection import Places, selection, selection_gradient


def row_places(row: int, times: int) -> Places:
    """Places of the numbers of a row, once for each copy.  -> [times, row].  Keras: RepeatVector"""
    return np.tile(np.arange(row), (times, 1))


@dataclass(frozen=True)
class RepeatVector(Layer):
    """F(k): the row of an example `times` times.  Keras: RepeatVector

    The gradient of a number is the sum of those of its copies, added up in any order.
    """

    kind = "repeat_vector"
    letter = "F"
    counted = True
    times: int = 1

    def __post_init__(self) -> None:
        if type(self.times) is not int or self.times < 1:
            raise ValueError(f"a row is repeated at least once, not {self.times!r} times")

    def shape(self, *inputs: Shape) -> Shape:
        """Return (times, n).  Raises ValueError if an example is not one row."""
        if len(inputs[0]) != 1:
            raise ValueError(f"repeat_vector reads examples of one row, not of the shape {list(inputs[0])}")
        return (self.times, *inputs[0])

    def forward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of F(k)."""
        yield from selection(self, place, row_places(place.inputs[0], self.times))

    def backward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of the gradient of what the layer reads, if it is needed."""
        yield from selection_gradient(self, place, row_places(place.inputs[0], self.times))
