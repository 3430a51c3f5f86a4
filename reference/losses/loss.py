"""Loss is the base class of all losses: where a loss begins, its cost, and its slope.

Keras computes the cross-entropy in three ways, with three gradients: from Z (the essay's, through the softmax),
from probabilities that it divides by their sum and limits to ε and 1 - ε, and, for whole-number labels, from the
logarithms of limited probabilities. The slope of each cost follows directly below it. y [N, n] may be smoothed.

A kind states the cost of one example, and the slope of this cost times some factors. `of_batch` and `slope_of_batch`
make of them the cost of a batch. An output may have more axes than one, [N, ..., n]: then each row of n numbers has a
cost of its own.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

import numpy as np

from reference.loss import batch_mean
from reference.notation import text_of
from reference.operations import product, rounded_as

Equation = Callable[..., Any]

EPSILON = 1e-7  # the default of keras.config.epsilon(); probabilities are limited to ε and 1 - ε
REDUCTIONS = ("mean", "sum", "weighted_mean")  # the last divides by the sum of the weights of the examples


@dataclass(frozen=True)
class LossEquations:
    """A loss as two equations, cost and slope, and what both read: "Z", the output layer's sums, or "A", its output.

    A kind gives those of one example, `Loss.written` those of a batch.

    `joint`: the slope is dZ even if the equations read "A"; it goes back through the activation as well.
    """

    reads: str
    cost: Equation
    cost_equation: str
    slope: Equation
    slope_equation: str
    joint: bool = False


class Loss:
    """A kind of loss. Each kind is a frozen dataclass; its fields are the loss's options.

    `kind` is its name in texts. `is_crossentropy`: its labels are shares of 1.  Raises ValueError for a wrong option.
    """

    kind: ClassVar[str] = ""
    is_crossentropy: ClassVar[bool] = True
    reduction: str
    weight: float
    epsilon: float = EPSILON

    def __post_init__(self) -> None:
        if not isinstance(self.weight, float) or not np.isfinite(self.weight):
            raise ValueError(f"a loss weight must be a finite number, not {self.weight!r}")
        if not isinstance(self.epsilon, float) or not 0 <= self.epsilon < 0.5:
            raise ValueError(f"ε of a loss must be from 0 to below 0.5, not {self.epsilon!r}")
        if self.reduction not in REDUCTIONS:
            raise ValueError(f"reduction {self.reduction!r} is not one of {', '.join(REDUCTIONS)}")

    def __str__(self) -> str:
        return text_of(self.kind, self)

    @property
    def mean(self) -> bool:
        """True if the cost of a batch is a mean of its examples' costs, False if it is their sum."""
        return self.reduction != "sum"

    def written(self, activation: str, weighted: bool = False) -> LossEquations:
        """Return the equations of a batch that Keras computes behind this activation, times the loss weight.

        `activation` is "linear" if another layer follows. Behind a softmax or a sigmoid, the cross-entropy begins at Z:
        Keras takes the Z of either for logits of a softmax. `weighted`: the examples have weights.
        """
        one = self.of_example(activation)
        options: dict[str, Any] = {"mean": self.mean} | ({} if self.weight == 1 else {"weight": self.weight})
        if self.reduction == "weighted_mean":
            options["of_weights"] = True
        cost, slope = partial(of_batch, cost=one.cost, **options), partial(slope_of_batch, slope=one.slope, **options)
        return replace(one, cost=cost, slope=slope)

    def of_example(self, activation: str) -> LossEquations:
        """Return the equations of one example."""
        raise NotImplementedError


def of_batch(
    T: Any,
    y: Any,
    *s: Any,
    cost: Equation,
    mean: bool = True,
    weight: float | None = None,
    of_weights: bool = False,
) -> Any:
    """The costs of all examples: their mean or sum, times the loss weight.  T, y [N, ..., n] -> scalar.  (14)

    s [N, ..., 1] are the weights of the examples. Keras divides by N, and with `of_weights` by their sum.
    """
    costs = cost(T, y)
    for weights in s:
        costs = costs * weights.reshape(costs.shape)
    C = np.sum(costs) / np.sum(s[0]) if of_weights and s else total(costs, mean)
    return C if weight is None else product(C, rounded_as(weight, C))


def slope_of_batch(
    T: Any,
    y: Any,
    *s: Any,
    slope: Equation,
    mean: bool = True,
    weight: float | None = None,
    of_weights: bool = False,
) -> Any:
    """The slope of that, from the slope of each example's cost.  T, y [N, ..., n] -> [N, ..., n].  (14)

    `slope` takes the other factors behind T and y, and multiplies by them: a compiler may do so in any order.
    """
    factors = [*s] if weight is None else [*s, rounded_as(weight, T)]
    if of_weights and s:
        factors.append(np.reciprocal(np.sum(s[0])))
    elif mean:
        factors.append(1 / math.prod(T.shape[:-1]))
    return slope(T, y, *factors)


def smoothed(y: Any, smoothing: float) -> Any:
    """A part of the label given to all classes alike.  y [N, n] -> [N, n].  Szegedy et al. 2016, section 7"""
    return y * (1 - smoothing) + rounded_as(smoothing, y) / y.shape[-1] if smoothing else y


def total(costs: Any, mean: bool) -> Any:
    """The cost of the batch: the mean of the costs of its examples, or their sum.  costs [N, ...] -> scalar.  (14)"""
    return batch_mean(costs) if mean else np.sum(costs)


def shares(A: Any) -> Any:
    """Each row brought to a sum of 1.  A [N, n] -> [N, n].  Keras: categorical_crossentropy"""
    return A / np.sum(A, axis=-1, keepdims=True)


def cut_off(P: Any, epsilon: float = EPSILON) -> Any:
    """Probabilities kept ε from 0 and 1.  P [N, n] -> [N, n].  Keras: categorical_crossentropy"""
    return np.minimum(np.maximum(P, epsilon), 1 - epsilon)


def through(P: Any, epsilon: float = EPSILON) -> Any:
    """Where that lets a gradient through.  P [N, n] -> mask [N, n].  Keras: categorical_crossentropy"""
    return (epsilon <= P) * ((1 - epsilon) >= P)
