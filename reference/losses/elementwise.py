"""ElementwiseLoss is the base class of losses that are a mean over the outputs of an example.

Each output a, with its label y, costs f(a, y), whatever the other outputs are. A kind states f and its way back.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np

from reference.losses.loss import Equation, Loss, LossEquations
from reference.operations import product


def mean_of(T: Any, y: Any, cost: Equation) -> Any:
    """The mean of f over the outputs of each example.  T, y [N, ..., n] -> [N, ...].  Keras: mean"""
    return (1 / T.shape[-1]) * np.sum(cost(T, y), axis=-1)


def mean_of_backward(g: Any, T: Any, y: Any, slope: Equation) -> Any:
    """The way back of that, from the way back of f.  g scalar, T, y [N, ..., n] -> [N, ..., n].  Keras: mean"""
    return slope(product(g, 1 / T.shape[-1]), T, y)


@dataclass(frozen=True)
class ElementwiseLoss(Loss):
    """A mean of f(a, y) over the outputs of an example. `source` says where f is from."""

    source: ClassVar[str] = ""
    reduction: str = "mean"
    weight: float = 1.0

    def of_output(self) -> tuple[Equation, Equation]:
        """Return f of outputs and labels, and its way back: a function of the slope g of what follows, and of both."""
        raise NotImplementedError

    def of_example(self, activation: str) -> LossEquations:
        """Return the equations of one example."""
        return self.over_outputs("A", *self.of_output())

    def over_outputs(self, reads: str, cost: Equation, slope: Equation) -> LossEquations:
        """Return the equations of one example for an f of what is read: "Z" or "A"."""
        mean, back = partial(mean_of, cost=cost), partial(mean_of_backward, slope=slope)
        return LossEquations(reads, mean, self.source, back, self.source)
