"""Keras's Normalization: a mean is subtracted, and the result divided by a standard deviation, both given."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from reference.layers.layer import Layer, Place, Shape
from reference.layers.normalizing import check_axes, check_options, check_reach
from reference.normalizing import MEAN, VARIANCE
from reference.rule import Rule
from reference.tensor_names import of_layer

Axes = tuple[int, ...]
SOURCE = "Keras: Normalization"


def along(P: Any, X: Any, axes: Axes) -> Any:
    """μ or σ² with length 1 along all other axes of X.  [1, n], [n, m, …] or a number -> [1, …, n].  Keras"""
    return P.reshape(*(n if k - X.ndim in axes else 1 for k, n in enumerate(X.shape)))


def deviation(variance: Any, least: float) -> Any:
    """σ = √σ², but at least `least`.  Any shape -> its shape.  Keras: Normalization"""
    return np.maximum(np.sqrt(variance), least)


def standardized(X: Any, mean: Any, variance: Any, *, axes: Axes, least: float) -> Any:
    """N = (x - μ) / σ.  X [N, …], μ, σ² [1, n] -> [N, …].  Keras: Normalization

    σ is a constant, so TensorFlow may multiply by 1/σ.
    """
    return (X - along(mean, X, axes)) * np.reciprocal(deviation(along(variance, X, axes), least))


def restored(X: Any, mean: Any, variance: Any, *, axes: Axes, least: float) -> Any:
    """N = μ + x σ, the inverse.  X [N, …], μ, σ² [1, n] -> [N, …].  Keras: Normalization"""
    return along(mean, X, axes) + X * deviation(along(variance, X, axes), least)


def standardized_gradient(dN: Any, variance: Any, *, axes: Axes, least: float) -> Any:
    """dX = dn / σ.  dN [N, …], σ² [1, n] -> [N, …].  Keras: Normalization"""
    return dN * np.reciprocal(deviation(along(variance, dN, axes), least))


def restored_gradient(dN: Any, variance: Any, *, axes: Axes, least: float) -> Any:
    """dX = dn σ, back through the inverse.  dN [N, …], σ² [1, n] -> [N, …].  Keras: Normalization"""
    return dN * deviation(along(variance, dN, axes), least)


@dataclass(frozen=True)
class Normalization(Layer):
    """N(k) = (X - μ) / σ with given μ and σ²: one for each place along `axes`, which count from the end.

    `least` is the least σ. `invert`: N(k) = μ + X σ. Nothing is learned. Keras: Normalization
    """

    kind = "normalization"
    letter = "N"
    counted = True
    axes: tuple[int, ...] = (-1,)
    least: float = 1e-7
    invert: bool = False

    def __post_init__(self) -> None:
        check_options(self, ("least",), ("invert",))
        check_axes(self.axes, "normalization", least=0)

    def shape(self, *inputs: Shape) -> Shape:
        """Return the shape that it reads.  Raises ValueError if an example has no such axes."""
        check_reach(self.axes, inputs[0])
        return inputs[0]

    def parameters(self, place: Place) -> dict[str, Shape]:
        """Return the shapes of μ(k) and σ²(k): [1, n], the lengths of several axes, or () without axes."""
        lengths = tuple(place.inputs[axis] for axis in self.axes)
        return {of_layer(P, place.owner): (1, *lengths) if len(lengths) == 1 else lengths for P in (MEAN, VARIANCE)}

    def learned(self, place: Place) -> dict[str, Shape]:
        """Return no parameters: a training does not change μ and σ²."""
        return {}

    def forward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of N(k)."""
        inputs = (place.reads, *self.parameters(place))
        yield self._rule(place.gives, inputs, restored if self.invert else standardized, place.number, "forward")

    def backward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of the gradient of what the layer reads, if it is needed."""
        if place.needs_gradient:
            inputs = (place.gradient_in, of_layer(VARIANCE, place.owner))
            compute = restored_gradient if self.invert else standardized_gradient
            yield self._rule(place.gradient_out, inputs, compute, place.below, "backward")

    def _rule(self, tensor: str, inputs: tuple[str, ...], function: Any, layer: int, phase: str) -> Rule:
        """Return a rule. What it gives is multiplied by a constant, as by a Rescaling."""
        compute = partial(function, axes=self.axes, least=self.least)
        return Rule(tensor, SOURCE, inputs, compute, layer, phase, kind=self.kind, scales=True)
