"""Cropping1D, 2D and 3D: each channel without a margin."""

from dataclasses import dataclass
from math import prod

import numpy as np

from reference.layers.layer import Shape
from reference.layers.margins import MarginLayer, Margins
from reference.selection import Places


def cropped_places(shape: Shape, cropping: Margins) -> Places:
    """Places of the numbers inside the margins.  [*inputs, C] -> [inputs - before - after, C].  Keras: Cropping2D"""
    inside = (slice(before, size - after) for size, (before, after) in zip(shape[:-1], cropping, strict=True))
    return np.arange(prod(shape)).reshape(shape)[tuple(inside)]


@dataclass(frozen=True)
class Cropping(MarginLayer):
    """F(k): an example without its margins; `cropping` has (before, after) for each axis.  Keras: Cropping2D"""

    kind = "cropping"
    cropping: Margins = ((0, 0), (0, 0))

    @property
    def margins(self) -> Margins:
        """The field `cropping`."""
        return self.cropping

    def shape(self, *inputs: Shape) -> Shape:
        """Return the lengths without both margins.  Raises ValueError if nothing is left, or for other axes."""
        self.check(inputs[0])
        left = tuple(size - sum(margin) for size, margin in zip(inputs[0][:-1], self.cropping, strict=True))
        if min(left) < 1:
            raise ValueError(f"cropping by {self.cropping} leaves nothing of examples of the shape {list(inputs[0])}")
        return (*left, inputs[0][-1])

    def places(self, shape: Shape) -> Places:
        """Return the table of places for an example of this shape."""
        return cropped_places(shape, self.cropping)
