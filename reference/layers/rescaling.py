"""Rescaling: a layer that brings pixels to another range."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from reference.layers.layer import Layer, Place
from reference.rule import Rule


def rescaled(X: Any, scale: float, offset: float) -> Any:
    """x·scale + offset, elementwise.  X [N, n] -> S [N, n].  Keras: Rescaling"""
    return X * scale + offset


def rescaled_gradient(dS: Any, scale: float) -> Any:
    """Back through a rescaling: dX = dS·scale.  dS [N, n] -> dX [N, n].  Keras: Rescaling"""
    return dS * scale


@dataclass(frozen=True)
class Rescaling(Layer):
    """S(k) = X·scale + offset.  Keras: Rescaling"""

    kind = "rescaling"
    letter = "S"
    counted = True
    scale: float = 1.0
    offset: float = 0.0

    def __post_init__(self) -> None:
        for number in (self.scale, self.offset):
            if not isinstance(number, float) or not math.isfinite(number):
                raise ValueError(f"scale and offset of a rescaling must be numbers, not {number!r}")

    def forward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of S(k)."""
        compute = partial(rescaled, scale=self.scale, offset=self.offset)
        yield Rule(
            place.gives,
            "Keras: Rescaling",
            (place.reads,),
            compute,
            place.number,
            "forward",
            kind=self.kind,
            elementwise=True,
            scales=True,
        )

    def backward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of the gradient of what the layer reads, if it is needed."""
        if place.needs_gradient:
            compute = partial(rescaled_gradient, scale=self.scale)
            yield Rule(
                place.gradient_out,
                "Keras: Rescaling",
                (place.gradient_in,),
                compute,
                place.below,
                "backward",
                kind=self.kind,
                elementwise=True,
                scales=True,
            )
