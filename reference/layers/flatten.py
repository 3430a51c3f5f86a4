"""Flatten: all numbers of an example in one row."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

import numpy as np

from reference.layers.layer import Layer, Place, Shape
from reference.rule import Rule
from reference.selection import Places, selection, selection_gradient


def flat_places(shape: Shape, channels_first: bool) -> Places:
    """The place of each number of the row; `channels_first`: the first axis comes last.  -> [p].  Keras: Flatten"""
    places = np.arange(prod(shape)).reshape(shape)
    return np.moveaxis(places, 0, -1).ravel() if channels_first else places.ravel()


@dataclass(frozen=True)
class Flatten(Layer):
    """F(k): the numbers of an example in one row, the last axis fastest; a row stays as it is.  Keras: Flatten"""

    kind = "flatten"
    letter = "F"
    counted = True
    channels_first: bool = False

    def shape(self, *inputs: Shape) -> Shape:
        """Return the shape (p,), p numbers an example."""
        return (prod(inputs[0]),)

    def names(self, *inputs: Shape) -> str:
        """Return "F", or "" if an example is one row already."""
        return self.letter if len(inputs[0]) > 1 else ""

    def forward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of F(k)."""
        if place.gives != place.reads:
            yield from selection(self, place, flat_places(place.inputs, self.channels_first))

    def backward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of the gradient of what the layer reads, if it is needed."""
        if place.gives != place.reads:
            yield from selection_gradient(self, place, flat_places(place.inputs, self.channels_first))
