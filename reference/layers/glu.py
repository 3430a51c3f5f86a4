"""The gated linear unit: one half of the numbers, multiplied by the sigmoid of the other half."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from reference.layers.concatenate import joined_places
from reference.layers.layer import Layer, Place, Shape
from reference.layers.normalizing import check_reach
from reference.layers.sigmoid import sigmoid
from reference.operations import beside, product, take
from reference.rule import Rule
from reference.selection import Places

SOURCE = "Dauphin et al. 2017"


def gated(X: Any, first: Places, second: Places) -> Any:
    """H = a σ(b), where a and b are the halves of x at these places.  X [N, 2n] -> [N, n].  Dauphin et al. 2017"""
    return take(X, first) * sigmoid(take(X, second))


def gated_gradient(dH: Any, X: Any, first: Places, second: Places, places: Places) -> Any:
    """da = dh σ(b) and db = dh a σ(b) (1 - σ(b)), side by side.  dH [N, n], X [N, 2n] -> [N, 2n].  Dauphin 2017

    `places` are where each number of X finds its gradient in the row of da and db.
    """
    S = sigmoid(take(X, second))
    return take(beside(dH * S, product(dH, take(X, first), S, 1 - S)), places)


@dataclass(frozen=True)
class GLU(Layer):
    """H(k) = a σ(b): a is the first half of the numbers along `axis`, b the second.  Dauphin et al. 2017

    `axis` counts from the end: -1 is the last.
    """

    kind = "glu"
    letter = "H"
    counted = True
    axis: int = -1

    def __post_init__(self) -> None:
        if type(self.axis) is not int or self.axis >= 0:
            raise ValueError(f"the axis of glu counts from the end, as -1, -2, …, not {self.axis!r}")

    def shape(self, *inputs: Shape) -> Shape:
        """Return the shape with half the length along the axis.  Raises ValueError if it has no half."""
        check_reach((self.axis,), inputs[0])
        shape = list(inputs[0])
        if shape[self.axis] % 2:
            raise ValueError(f"glu halves axis {self.axis}, which has {shape[self.axis]} numbers: an odd length")
        shape[self.axis] //= 2
        return tuple(shape)

    def _places(self, place: Place) -> dict[str, Places]:
        """Return the places of both halves in X, and where X finds its gradients."""
        half = self.shape(place.inputs)
        places, (first, second) = joined_places((half, half), len(half) + self.axis)
        return {"first": first, "second": second, "places": places}

    def forward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of H(k)."""
        halves = self._places(place)
        del halves["places"]
        compute = partial(gated, **halves)
        yield Rule(place.gives, SOURCE, (place.reads,), compute, place.number, "forward", kind=self.kind)

    def backward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of the gradient of what the layer reads, if it is needed."""
        if place.needs_gradient:
            compute = partial(gated_gradient, **self._places(place))
            inputs = (place.gradient_in, place.reads)
            yield Rule(place.gradient_out, SOURCE, inputs, compute, place.below, "backward", kind=self.kind)
