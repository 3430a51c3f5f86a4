"""Unit normalization: each row has the length 1."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from reference.layers.layer import Layer, Place, Shape
from reference.layers.normalizing import check_axes, check_reach
from reference.normalizing import square_gradient
from reference.rule import Rule

Axes = tuple[int, ...]
SOURCE = "Keras: UnitNormalization"
LEAST = 1e-12  # the least length: Keras passes this ε to keras.ops.normalize


def length(X: Any, axes: Axes) -> Any:
    """√ Σ x².  X [N, …] -> [N, …] with length 1 along the axes.  Keras: UnitNormalization"""
    return np.sqrt(np.sum(X * X, axis=axes, keepdims=True))


def unit(X: Any, *, axes: Axes, least: float = LEAST) -> Any:
    """N = x / √ Σ x², of a vector that is at least `least` long.  X [N, …] -> [N, …].  Keras: UnitNormalization"""
    return X * np.reciprocal(np.maximum(length(X, axes), least))


def unit_gradient(dN: Any, X: Any, *, axes: Axes, least: float = LEAST) -> Any:
    """dX = dn r - x r³ Σ x dn, with r = 1 / √ Σ x²; dn r where r is constant, for vectors shorter than `least`.

    dN, X [N, …] -> [N, …].  Keras: UnitNormalization
    """
    lengths = length(X, axes)
    r = np.reciprocal(np.maximum(lengths, least))
    dr = np.sum(X * dN, axis=axes, keepdims=True) * (lengths >= least)
    return square_gradient(X, dN, r, dr, 2.0)


@dataclass(frozen=True)
class UnitNormalization(Layer):
    """N(k) = X / √ Σ x², over `axes` of one example, which count from the end.  Keras: UnitNormalization"""

    kind = "unit_normalization"
    letter = "N"
    counted = True
    axes: tuple[int, ...] = (-1,)

    def __post_init__(self) -> None:
        check_axes(self.axes, "unit normalization")

    def shape(self, *inputs: Shape) -> Shape:
        """Return the shape that it reads.  Raises ValueError if an example has no such axes."""
        check_reach(self.axes, inputs[0])
        return inputs[0]

    def forward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of N(k)."""
        compute = partial(unit, axes=self.axes)
        yield Rule(place.gives, SOURCE, (place.reads,), compute, place.number, "forward", kind=self.kind)

    def backward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of the gradient of what the layer reads, if it is needed."""
        if place.needs_gradient:
            inputs, compute = (place.gradient_in, place.reads), partial(unit_gradient, axes=self.axes)
            yield Rule(place.gradient_out, SOURCE, inputs, compute, place.below, "backward", kind=self.kind)
