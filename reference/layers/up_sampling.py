"""UpSampling1D, 2D and 3D with nearest neighbours: each position several times along each axis."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

import numpy as np

from reference.layers.layer import Layer, Place, Shape
from reference.rule import Rule
from reference.selection import Places, selection, selection_gradient


def repeated_places(shape: Shape, size: tuple[int, ...]) -> Places:
    """Places of the numbers, each position repeated.  [*inputs, C] -> [inputs·size, C].  Keras: UpSampling2D

    Each position of axis k stands there `size[k]` times, one copy right behind the other.
    """
    places = np.arange(prod(shape)).reshape(shape)
    for axis, times in enumerate(size):
        places = np.repeat(places, times, axis=axis)
    return places


@dataclass(frozen=True)
class UpSampling(Layer):
    """F(k): each position of axis k `size[k]` times; the channels stay as they are.  Keras: UpSampling2D

    The gradient of a number is the sum of those of its copies. TensorFlow adds along one axis after the other, which is
    one order of this sum.
    """

    kind = "up_sampling"
    letter = "F"
    counted = True
    size: tuple[int, ...] = (2, 2)

    def __post_init__(self) -> None:
        whole = isinstance(self.size, tuple) and all(type(n) is int and n > 0 for n in self.size)
        if not whole or not 1 <= len(self.size) <= 3:
            raise ValueError(
                f"size needs a whole number of at least 1 for each of one to three axes, not {self.size!r}"
            )

    def shape(self, *inputs: Shape) -> Shape:
        """Return the lengths times `size`.  Raises ValueError if an example has other axes."""
        if len(inputs[0]) != len(self.size) + 1:
            raise ValueError(f"{len(self.size)} sizes do not fit examples of the shape {list(inputs[0])}")
        return (*(n * times for n, times in zip(inputs[0][:-1], self.size, strict=True)), inputs[0][-1])

    def forward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of F(k)."""
        yield from selection(self, place, repeated_places(place.inputs, self.size))

    def backward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of the gradient of what the layer reads, if it is needed."""
        yield from selection_gradient(self, place, repeated_places(place.inputs, self.size))
