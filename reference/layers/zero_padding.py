"""ZeroPadding1D, 2D and 3D: a margin of zeros around each channel."""

from dataclasses import dataclass
from math import prod

import numpy as np

from reference.layers.layer import Shape
from reference.layers.margins import MarginLayer, Margins
from reference.selection import Places


def padded_places(shape: Shape, padding: Margins) -> Places:
    """Places of an example in margins of -1 (0).  [*inputs, C] -> [before + inputs + after, C].  Keras: ZeroPadding2D

    The lengths are those along each axis but the channels.
    """
    return np.pad(np.arange(prod(shape)).reshape(shape), (*padding, (0, 0)), constant_values=-1)


@dataclass(frozen=True)
class ZeroPadding(MarginLayer):
    """F(k): an example with zeros around it; `padding` has (before, after) for each axis.  Keras: ZeroPadding2D"""

    kind = "zero_padding"
    padding: Margins = ((1, 1), (1, 1))

    @property
    def margins(self) -> Margins:
        """The field `padding`."""
        return self.padding

    def shape(self, *inputs: Shape) -> Shape:
        """Return the lengths with both margins.  Raises ValueError if an example has other axes."""
        self.check(inputs[0])
        sizes = zip(inputs[0][:-1], self.padding, strict=True)
        return (*(before + size + after for size, (before, after) in sizes), inputs[0][-1])

    def places(self, shape: Shape) -> Places:
        """Return the table of places for an example of this shape."""
        return padded_places(shape, self.padding)
