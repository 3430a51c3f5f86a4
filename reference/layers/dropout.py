"""Dropout: a part of what a layer gives is set to 0 in training, at random."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from reference.layers.layer import Layer, Place, Shape
from reference.rule import Rule
from reference.tensor_names import of_layer, read

SOURCE = "Srivastava et al. 2014"


def dropped(A: Any, M: Any, rate: float) -> Any:
    """Inverted dropout: what the mask lets through, over 1 - rate.  A, M [N, n] -> D [N, n].  Srivastava et al. 2014"""
    return A * (1 / (1 - rate)) * (M > 0)


def dropped_gradient(dD: Any, M: Any, rate: float) -> Any:
    """Back through dropout: the same mask, the same factor.  dD, M [N, n] -> dA [N, n].  Srivastava et al. 2014"""
    return dropped(dD, M, rate)


def mask_of(gives: str) -> str:
    """Return the name of the mask of the dropout that gives D(l): M(l); of Q(k): K(k).  Srivastava et al. 2014"""
    name = read(gives)
    return of_layer({"D": "M", "Q": "K"}[name.quantity], name.layer or 0)


@dataclass(frozen=True)
class Dropout(Layer):
    """D(l) = A(l) M(l) / (1 - rate), M(l) drawn anew in each step; a prediction skips it.  Srivastava et al. 2014

    `shared` are axes, counted from the end (-1 is the last), along which one number of M(l) is drawn for all positions,
    as a spatial dropout does (Tompson et al. 2015). `source` names the paper. `scales`: D(l) is only a product.
    """

    kind = "dropout"
    letter = "D"
    spare = "Q"
    source: ClassVar[str] = SOURCE
    scales: ClassVar[bool] = True
    rate: float = 0.5
    shared: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.rate, float) or not 0 < self.rate < 1:
            raise ValueError(f"a dropout rate must be above 0 and below 1, not {self.rate!r}")
        if not isinstance(self.shared, tuple) or any(type(axis) is not int or axis > -1 for axis in self.shared):
            raise ValueError(f"the axes of one drawn number must be counted from the end, not {self.shared!r}")

    def shape(self, *inputs: Shape) -> Shape:
        """Return the shape of what it reads.  Raises ValueError if that has no such axes."""
        if any(axis < -len(inputs[0]) for axis in self.shared):
            raise ValueError(f"a dropout along the axes {list(self.shared)} does not fit the shape {list(inputs[0])}")
        return inputs[0]

    @property
    def only_in_training(self) -> bool:
        """True: a prediction skips dropout."""
        return True

    def drawn(self, place: Place) -> dict[str, Shape]:
        """Return the shape of M(l), which is 1 where a number is kept and 0 elsewhere; of K(k) for a dropout Q(k)."""
        return {mask_of(place.gives): place.inputs}

    def functions(self) -> tuple[Callable[..., Any], Callable[..., Any]]:
        """Return the functions of D(l) and of dA(l); each reads a tensor and the mask."""
        return partial(dropped, rate=self.rate), partial(dropped_gradient, rate=self.rate)

    def forward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of D(l)."""
        yield self._rule(place, place.gives, place.reads, self.functions()[0], place.number, "forward")

    def backward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of the gradient of what the layer reads, if it is needed."""
        if place.needs_gradient:
            back = self.functions()[1]
            yield self._rule(place, place.gradient_out, place.gradient_in, back, place.below, "backward")

    def _rule(self, place: Place, tensor: str, reads: str, compute: Any, layer: int, phase: str) -> Rule:
        return Rule(
            tensor,
            self.source,
            (reads, *self.drawn(place)),
            compute,
            layer,
            phase,
            kind=self.kind,
            elementwise=True,
            scales=self.scales or phase == "backward",
        )
