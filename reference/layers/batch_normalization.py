"""Batch normalization: numbers with mean 0 and variance 1 over the examples of a batch, then scaled and shifted."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from reference.layers.layer import Layer, Place, Shape
from reference.layers.normalizing import check_options
from reference.normalizing import (
    BETA,
    GAMMA,
    MEAN,
    VARIANCE,
    Axes,
    gamma_gradient,
    input_gradient,
    mean_of,
    normalized,
    scaling,
    variance_of,
)
from reference.rule import Rule
from reference.tensor_names import before, gradient, kept, of_layer, read

PAPER, KERAS = "Ioffe & Szegedy 2015, alg. 1", "Keras: BatchNormalization"
MOVING, UNCHANGED = "moving", "Keras: BatchNormalization, frozen"


def across(X: Any, axis: int) -> Axes:
    """The axes of X that a statistic is taken over: all but one.  X [N, …] -> numbers of axes.  Keras"""
    return tuple(k for k in range(X.ndim) if k != X.ndim + axis)


def along(V: Any, X: Any, axis: int) -> Any:
    """A row with length 1 along all other axes of X; None stays None.  V [1, n] -> [1, …, n, …, 1].  Keras"""
    if V is None:
        return None
    return V.reshape(*(V.shape[1] if k == X.ndim + axis else 1 for k in range(X.ndim)))


def batch_mean(X: Any, axis: int) -> Any:
    """μ of each node over the batch, and over all positions of an image.  X [N, …] -> [1, n].  (alg. 1)"""
    return mean_of(X, across(X, axis)).reshape(1, -1)


def batch_variance(X: Any, mean: Any, axis: int) -> Any:
    """σ² of each node over the batch, divided by n and not by n - 1.  X [N, …], μ [1, n] -> [1, n].  (alg. 1)"""
    return variance_of(X, along(mean, X, axis), across(X, axis)).reshape(1, -1)


def moved(kept_before: Any, statistic: Any, momentum: float) -> Any:
    """A moving statistic after a step: mostly what it was, a part is the batch's.  [1, n] twice -> [1, n].  Keras"""
    return kept_before * momentum + statistic * (1.0 - momentum)


def unmoved(kept_before: Any) -> Any:
    """A moving statistic of a frozen layer stays as it is.  [1, n] -> [1, n].  Keras: BatchNormalization"""
    return kept_before


def batch_normalized(
    X: Any, mean: Any, variance: Any, *learned: Any, axis: int, epsilon: float, scale: bool, center: bool
) -> Any:
    """N = γ (X - μ) / √(σ² + ε) + β.  X [N, …], μ, σ², γ, β [1, n] -> [N, …].  Ioffe & Szegedy 2015, alg. 1"""
    gamma, beta = learned[0] if scale else None, learned[-1] if center else None
    mean, variance, gamma, beta = (along(row, X, axis) for row in (mean, variance, gamma, beta))
    return normalized(X, mean, variance, gamma, beta, epsilon)


def batch_gamma_gradient(dN: Any, X: Any, mean: Any, variance: Any, *, axis: int, epsilon: float) -> Any:
    """dγ = Σ dn (x - μ) / √(σ² + ε).  dN, X [N, …], μ, σ² [1, n] -> [1, n].  Ioffe & Szegedy 2015, section 3"""
    mean, variance = (along(row, X, axis) for row in (mean, variance))
    return gamma_gradient(dN, X, mean, variance, variance.shape, epsilon).reshape(1, -1)


def batch_beta_gradient(dN: Any, *, axis: int) -> Any:
    """dβ = Σ dn.  dN [N, …] -> [1, n].  Ioffe & Szegedy 2015, section 3"""
    return np.sum(dN, axis=across(dN, axis), keepdims=True).reshape(1, -1)


def batch_input_gradient(
    dN: Any, X: Any, mean: Any, variance: Any, gamma: Any = None, *, axis: int, epsilon: float
) -> Any:
    """dX, through x itself, through μ and through σ².  dN, X [N, …] -> [N, …].  Ioffe & Szegedy 2015, section 3"""
    mean, variance, gamma = (along(row, X, axis) for row in (mean, variance, gamma))
    return input_gradient(dN, X, mean, variance, gamma, epsilon, across(X, axis))


def frozen_gradient(dN: Any, variance: Any, gamma: Any = None, *, axis: int, epsilon: float) -> Any:
    """dX = dN γ / √(σ² + ε): kept statistics do not depend on x.  dN [N, …], σ², γ [1, n] -> [N, …].  Keras"""
    return dN * scaling(along(variance, dN, axis), along(gamma, dN, axis), epsilon)


@dataclass(frozen=True)
class BatchNormalization(Layer):
    """N(k) = γ (X - μ) / √(σ² + ε) + β; μ and σ² are those of the batch in training, and moving ones in a prediction.

    They are taken over all axes but `axis`, which counts from the end. `center`: with β. `scale`: with γ. A `frozen`
    layer uses the moving statistics in training, too, and changes nothing. Ioffe & Szegedy 2015, alg. 1
    """

    kind = "batch_normalization"
    letter = "N"
    counted = True
    axis: int = -1
    epsilon: float = 1e-3
    momentum: float = 0.99
    center: bool = True
    scale: bool = True
    frozen: bool = False

    def __post_init__(self) -> None:
        if type(self.axis) is not int or self.axis >= 0:
            raise ValueError(f"the axis of a batch normalization counts from the end: -1 or less, not {self.axis!r}")
        check_options(self, ("epsilon", "momentum"), ("center", "scale", "frozen"))

    def shape(self, *inputs: Shape) -> Shape:
        """Return the shape that it reads.  Raises ValueError if an example has no such axis."""
        if len(inputs[0]) < -self.axis:
            raise ValueError(f"an example of shape {list(inputs[0])} has no axis {self.axis}")
        return inputs[0]

    def parameters(self, place: Place) -> dict[str, Shape]:
        """Return the shapes of γ(k) and β(k), [1, n]."""
        names = ([GAMMA] if self.scale else []) + ([BETA] if self.center else [])
        return {of_layer(name, place.owner): self._row(place) for name in names}

    def learned(self, place: Place) -> dict[str, Shape]:
        """Return the shapes of γ(k) and β(k), or none if they are frozen.

        Raises ValueError for a layer that is used twice, because it would move its statistics twice in a step.
        """
        if not self.frozen and not place.owns:
            raise ValueError("a batch normalization that is not frozen is used twice: it moves its statistics twice")
        return {} if self.frozen else self.parameters(place)

    def kept(self, place: Place) -> tuple[str, ...]:
        """Return the names of the moving mean and the moving variance."""
        return tuple(kept(MOVING, of_layer(name, place.owner)) for name in (MEAN, VARIANCE)) if place.owns else ()

    def statistics(self, place: Place) -> dict[str, Shape]:
        """Return the shapes of μ(k) and σ²(k), [1, n]."""
        return {of_layer(name, place.owner): self._row(place) for name in (MEAN, VARIANCE)}

    def _row(self, place: Place) -> Shape:
        return (1, place.inputs[self.axis])

    def _of_batch(self, place: Place) -> bool:
        """Return whether it normalises by the statistics of the batch."""
        return place.training and not self.frozen

    def _normalizes_by(self, place: Place) -> tuple[str, str]:
        """Return the names of the mean and of the variance that it normalises by."""
        mean, variance = self.statistics(place)
        return (
            (mean, variance) if self._of_batch(place) else (before(kept(MOVING, mean)), before(kept(MOVING, variance)))
        )

    def _rule(self, tensor: str, inputs: tuple[str, ...], compute: Any, layer: int, phase: str, **how: Any) -> Rule:
        """Return a rule of this layer. XLA may fuse the mean and the variance, which are products, with a sum."""
        means = tuple(name for name in inputs if read(name).quantity in (MEAN, VARIANCE))
        return Rule(tensor, PAPER, inputs, compute, layer, phase, fusable=means, kind=self.kind, **how)

    def forward(self, place: Place) -> Iterator[Rule]:
        """Yield the rules of μ(k) and σ²(k), of N(k), and of what the layer keeps."""
        mean, variance = self.statistics(place)
        number, X, axis = place.number, place.reads, self.axis
        if self._of_batch(place):
            yield self._rule(mean, (X,), partial(batch_mean, axis=axis), number, "forward", scales=True)
            compute: Any = partial(batch_variance, axis=axis)
            yield self._rule(variance, (X, mean), compute, number, "forward", scales=True)
        options: dict[str, Any] = {"axis": axis, "epsilon": self.epsilon, "scale": self.scale, "center": self.center}
        inputs = (X, *self._normalizes_by(place), *self.parameters(place))
        yield self._rule(place.gives, inputs, partial(batch_normalized, **options), number, "forward")
        for statistic, name in zip((mean, variance), self.kept(place), strict=bool(self.kept(place))):
            if self._of_batch(place):
                compute, inputs = partial(moved, momentum=self.momentum), (before(name), statistic)
                yield Rule(
                    name, KERAS, inputs, compute, number, "forward", kind=self.kind, elementwise=True, scales=True
                )
            elif place.training:
                yield Rule(
                    name, UNCHANGED, (before(name),), unmoved, number, "forward", kind=self.kind, elementwise=True
                )

    def backward(self, place: Place) -> Iterator[Rule]:
        """Yield the rules of dγ(k), dβ(k) and, if it is needed, the gradient of what the layer reads."""
        dN, X, statistics = place.gradient_in, place.reads, self._normalizes_by(place)
        options: dict[str, Any] = {"axis": self.axis, "epsilon": self.epsilon}
        inputs: tuple[str, ...]
        compute: Any
        gamma = (of_layer(GAMMA, place.owner),) if self.scale else ()
        for P in self.learned(place):
            if P in gamma:
                inputs, compute = (dN, X, *statistics), partial(batch_gamma_gradient, **options)
            else:
                inputs, compute = (dN,), partial(batch_beta_gradient, axis=self.axis)
            yield self._rule(gradient(P), inputs, compute, place.number, "backward")
        if place.needs_gradient:
            if self._of_batch(place):
                inputs, compute = (dN, X, *statistics, *gamma), partial(batch_input_gradient, **options)
            else:
                inputs, compute = (dN, statistics[1], *gamma), partial(frozen_gradient, **options)
            yield self._rule(place.gradient_out, inputs, compute, place.below, "backward")
