"""PReLU: a ReLU whose slope below 0 is learned."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from reference.layers.layer import Layer, Place, Shape
from reference.layers.normalizing import check_axes, check_options, check_reach
from reference.normalizing import summed_to
from reference.operations import choose
from reference.rule import Rule
from reference.tensor_names import gradient, of_layer

SLOPE = "slope"
SOURCE = "He et al. 2015, (1)"


def prelu(X: Any, slope: Any) -> Any:
    """x above 0, s x below.  X [N, …], s [1, n] or […] -> [N, …].  He et al. 2015, (1)"""
    return choose(X > 0, X, X * _row(slope, X))


def prelu_gradient(dH: Any, X: Any, slope: Any) -> Any:
    """dX = dh above 0, dh s below, 0 at 0, as Keras has it.  dH, X [N, …] -> [N, …].  He et al. 2015, (1)"""
    return choose(X > 0, dH, choose(X < 0, dH * _row(slope, X), 0.0))


def prelu_slope_gradient(dH: Any, X: Any, stored: Shape) -> Any:
    """ds = Σ dh x, where x is below 0, over the examples and all that share s.  He et al. 2015, (3)

    dH, X [N, …] -> the shape of s, which is `stored`
    """
    row = stored if len(stored) == X.ndim else (1, *stored)
    return summed_to(dH * np.minimum(X, 0), row).reshape(*stored)


def _row(slope: Any, X: Any) -> Any:
    """s with an axis for the examples.  [1, n] or […] -> [1, …].  Keras: PReLU"""
    return slope if slope.ndim == X.ndim else slope.reshape(1, *slope.shape)


@dataclass(frozen=True)
class PReLU(Layer):
    """H(k) = X above 0, s X below, where s is learned.  He et al. 2015, (1)

    Each number of an example has its own s, but numbers along the axes `shared`, which count from the end, have one.
    Where `frozen`, a training does not change s.
    """

    kind = "prelu"
    letter = "H"
    counted = True
    shared: tuple[int, ...] = ()
    frozen: bool = False

    def __post_init__(self) -> None:
        check_options(self, (), ("frozen",))
        check_axes(self.shared, "prelu", least=0)

    def shape(self, *inputs: Shape) -> Shape:
        """Return the shape that it reads.  Raises ValueError if an example has no such axes."""
        check_reach(self.shared, inputs[0])
        return inputs[0]

    def parameters(self, place: Place) -> dict[str, Shape]:
        """Return the shape of s(k): [1, n], or that of an example with length 1 along the shared axes."""
        rank = len(place.inputs)
        shape = tuple(1 if k - rank in self.shared else n for k, n in enumerate(place.inputs))
        return {of_layer(SLOPE, place.owner): (1, *shape) if rank == 1 else shape}

    def learned(self, place: Place) -> dict[str, Shape]:
        """Return the shape of s(k), or none if it is frozen."""
        return {} if self.frozen else self.parameters(place)

    def forward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of H(k)."""
        inputs = (place.reads, *self.parameters(place))
        yield Rule(place.gives, SOURCE, inputs, prelu, place.number, "forward", kind=self.kind)

    def backward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of ds(k) and, if it is needed, of the gradient of what the layer reads."""
        dH, X = place.gradient_in, place.reads
        for S, stored in self.learned(place).items():
            compute = partial(prelu_slope_gradient, stored=stored)
            yield Rule(gradient(S), SOURCE, (dH, X), compute, place.number, "backward", kind=self.kind)
        if place.needs_gradient:
            inputs = (dH, X, *self.parameters(place))
            yield Rule(place.gradient_out, SOURCE, inputs, prelu_gradient, place.below, "backward", kind=self.kind)
