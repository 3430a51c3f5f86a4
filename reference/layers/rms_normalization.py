"""RMS normalization: numbers whose root of the mean square is 1 over the nodes of one example, then scaled."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from reference.layers.layer import Layer, Place, Shape
from reference.layers.normalizing import check_axes, check_options, check_reach
from reference.normalizing import GAMMA, inverse_root, mean_of, square_gradient, summed_to
from reference.rule import Rule
from reference.tensor_names import gradient, of_layer

Axes = tuple[int, ...]
SOURCE = "Zhang & Sennrich 2019, (4)"


def inverse_rms(X: Any, axes: Axes, epsilon: float) -> Any:
    """r = 1 / √(Σ x² / n + ε).  X [N, …] -> [N, …] with length 1 along the axes.  Zhang & Sennrich 2019, (4)"""
    return inverse_root(mean_of(X * X, axes), epsilon)


def along(gamma: Any, X: Any, axes: Axes) -> Any:
    """γ with length 1 along all other axes of X.  γ [1, n] or [n, m, …] -> [1, …, n].  Keras: RMSNormalization"""
    return gamma.reshape(*(n if k - X.ndim in axes else 1 for k, n in enumerate(X.shape)))


def rms_normalized(X: Any, gamma: Any, *, axes: Axes, epsilon: float) -> Any:
    """N = x r γ.  X [N, …], γ [1, n] -> [N, …].  Zhang & Sennrich 2019, (4)"""
    return X * inverse_rms(X, axes, epsilon) * along(gamma, X, axes)


def rms_gamma_gradient(dN: Any, X: Any, *, axes: Axes, epsilon: float, stored: Shape) -> Any:
    """dγ = Σ dn x r.  dN, X [N, …] -> the shape of γ.  Zhang & Sennrich 2019, section 4"""
    shape = tuple(n if k - X.ndim in axes else 1 for k, n in enumerate(X.shape))
    return summed_to(X * inverse_rms(X, axes, epsilon) * dN, shape).reshape(*stored)


def rms_input_gradient(dN: Any, X: Any, gamma: Any, *, axes: Axes, epsilon: float) -> Any:
    """dX = d r + 2 x dq / n, with d = dn γ and dq = -½ r³ Σ x d.  dN, X [N, …] -> [N, …].  Zhang & Sennrich 2019"""
    d, n = dN * along(gamma, X, axes), int(np.prod([X.shape[axis] for axis in axes]))
    r = inverse_rms(X, axes, epsilon)
    return square_gradient(X, d, r, summed_to(X * d, r.shape), 2 / n)


@dataclass(frozen=True)
class RMSNormalization(Layer):
    """N(k) = X γ / √(Σ x² / n + ε), with the mean square of one example over `axes`, which count from the end.

    Each number along them has its own γ. Where `frozen`, a training does not change γ. Zhang & Sennrich 2019, (4)
    """

    kind = "rms_normalization"
    letter = "N"
    counted = True
    axes: tuple[int, ...] = (-1,)
    epsilon: float = 1e-6
    frozen: bool = False

    def __post_init__(self) -> None:
        check_options(self, ("epsilon",), ("frozen",))
        check_axes(self.axes, "RMS normalization")

    def shape(self, *inputs: Shape) -> Shape:
        """Return the shape that it reads.  Raises ValueError if an example has no such axes."""
        check_reach(self.axes, inputs[0])
        return inputs[0]

    def parameters(self, place: Place) -> dict[str, Shape]:
        """Return the shape of γ(k): [1, n], or the lengths of several axes."""
        lengths = tuple(place.inputs[axis] for axis in self.axes)
        return {of_layer(GAMMA, place.owner): (1, *lengths) if len(lengths) == 1 else lengths}

    def learned(self, place: Place) -> dict[str, Shape]:
        """Return the shape of γ(k), or none if it is frozen."""
        return {} if self.frozen else self.parameters(place)

    def forward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of N(k)."""
        compute = partial(rms_normalized, axes=self.axes, epsilon=self.epsilon)
        inputs = (place.reads, *self.parameters(place))
        yield Rule(place.gives, SOURCE, inputs, compute, place.number, "forward", kind=self.kind)

    def backward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of dγ(k) and, if it is needed, of the gradient of what the layer reads."""
        dN, X = place.gradient_in, place.reads
        options: dict[str, Any] = {"axes": self.axes, "epsilon": self.epsilon}
        compute: Any
        for P, stored in self.learned(place).items():
            compute = partial(rms_gamma_gradient, **options, stored=stored)
            yield Rule(gradient(P), SOURCE, (dN, X), compute, place.number, "backward", kind=self.kind)
        if place.needs_gradient:
            inputs, compute = (dN, X, *self.parameters(place)), partial(rms_input_gradient, **options)
            yield Rule(place.gradient_out, SOURCE, inputs, compute, place.below, "backward", kind=self.kind)
