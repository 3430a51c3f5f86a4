"""The base class of the layers that add or remove a margin: a number of positions at both ends of each axis."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from reference.layers.layer import Layer, Place, Shape
from reference.rule import Rule
from reference.selection import Places, selection, selection_gradient

Margins = tuple[tuple[int, int], ...]  # (before, after) for each axis but the channels


@dataclass(frozen=True)
class MarginLayer(Layer):
    """A layer with a margin (before, after) at each axis of an example but the last, that of the channels."""

    letter = "F"
    counted = True

    @property
    def margins(self) -> Margins:
        """The margin of each axis but the channels."""
        raise NotImplementedError

    def places(self, shape: Shape) -> Places:
        """Return the table of places for an example of this shape."""
        raise NotImplementedError

    def __post_init__(self) -> None:
        if not isinstance(self.margins, tuple) or not 1 <= len(self.margins) <= 3 or not all(map(_fits, self.margins)):
            raise ValueError(
                f"{self.kind} needs (before, after) for each of one to three axes, whole numbers of at least 0, "
                f"not {self.margins!r}"
            )

    def check(self, shape: Shape) -> None:
        """Check that an example has the axes of the margins, and channels.  Raises ValueError."""
        if len(shape) != len(self.margins) + 1:
            raise ValueError(
                f"{self.kind} at {len(self.margins)} axes does not fit examples of the shape {list(shape)}"
            )

    def forward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of F(k)."""
        yield from selection(self, place, self.places(place.inputs))

    def backward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of the gradient of what the layer reads, if it is needed."""
        yield from selection_gradient(self, place, self.places(place.inputs))


def _fits(margin: Any) -> bool:
    return isinstance(margin, tuple) and len(margin) == 2 and all(type(n) is int and n >= 0 for n in margin)
