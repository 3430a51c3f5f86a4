"""Loss is the base class of all losses: where a loss begins, its cost, and its slope.

Keras computes the cross-entropy in three ways, with three gradients: from Z (the essay's, through the softmax),
from probabilities that it divides by their sum and limits to ε and 1 - ε, and, for whole-number labels, from the
logarithms of limited probabilities. The slope of each cost follows directly below it. y [N, n] may be smoothed.

A kind states the cost of one example and its way back. `of_batch` and `back_of_batch` make of them the cost of a batch
and its slope. An output may have more axes than one, [N, ..., n]: then each row of n numbers has a cost of its own.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

import numpy as np

from reference.notation import text_of
from reference.operations import product, rounded_as

Equation = Callable[..., Any]

EPSILON = 1e-7  # the default of keras.config.epsilon(); probabilities are limited to ε and 1 - ε
REDUCTIONS = ("mean", "sum", "weighted_mean")  # the last divides by the sum of the weights of the examples


@dataclass(frozen=True)
class LossEquations:
    """A loss as two equations, cost and slope, and what both read: "Z", the output layer's sums, or "A", its output.

    `Loss.written` gives those of a batch. A kind gives those of one example, and in place of its slope the way back, as
    an activation does: slope(g, T, y) is the slope times g, the slope of what follows. TensorFlow multiplies by g
    first, and every sum rounds then.
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

    `kind` is its name in texts. `takes_classes`: Keras takes the labels as whole numbers, one for each example.
    Raises ValueError for a wrong option.
    """

    kind: ClassVar[str] = ""
    takes_classes: ClassVar[bool] = False
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
        cost, slope = partial(of_batch, cost=one.cost, **options), partial(back_of_batch, slope=one.slope, **options)
        return replace(one, cost=cost, slope=slope)

    def of_example(self, activation: str) -> LossEquations:
        """Return the equations of one example."""
        raise NotImplementedError


def of_batch(T: Any, y: Any, *s: Any, cost: Equation, **options: Any) -> Any:
    """The costs of all examples: their mean or sum, times the loss weight.  T, y [N, ..., n] -> scalar.  (14)

    s [N, ..., 1] are the weights of the examples. `factors` has the options.
    """
    costs = cost(T, y)
    for weights in s:
        costs = costs * weights.reshape(costs.shape)
    return product(np.sum(costs), *factors(costs, costs.shape, *s, **options))


def back_of_batch(T: Any, y: Any, *s: Any, slope: Equation, **options: Any) -> Any:
    """The slope of that, from the way back of each example's cost.  T, y [N, ..., n] -> [N, ..., n].  (14)"""
    return slope(product(*factors(T, T.shape[:-1], *s, **options), *s, rounded_as(1, T)), T, y)


def factors(
    T: Any,
    shape: tuple[int, ...],
    *s: Any,
    mean: bool = True,
    weight: float | None = None,
    of_weights: bool = False,
) -> list[Any]:
    """Factors of the costs: 1/N for a mean, and the loss weight.  T any, shape of the costs -> scalars.  (14)

    With `of_weights`, it is 1/Σs in place of 1/N.
    """
    found = [] if weight is None else [rounded_as(weight, T)]
    if of_weights and s:
        return [np.reciprocal(np.sum(s[0])), *found]
    return [rounded_as(1 / math.prod(shape), T), *found] if mean else found


def smoothed(y: Any, smoothing: float) -> Any:
    """A part of the label given to all classes alike.  y [N, n] -> [N, n].  Szegedy et al. 2016, section 7"""
    return y * (1 - smoothing) + rounded_as(smoothing, y) / y.shape[-1] if smoothing else y


def shares(A: Any) -> Any:
    """Each row brought to a sum of 1.  A [N, n] -> [N, n].  Keras: categorical_crossentropy"""
    return A / np.sum(A, axis=-1, keepdims=True)


def shares_backward(dP: Any, A: Any) -> Any:
    """The way back through that.  dP, A [N, n] -> dA [N, n].  Keras: categorical_crossentropy"""
    row = np.sum(A, axis=-1, keepdims=True)
    return dP / row - np.sum(dP * (A / row / row), axis=-1, keepdims=True)


def cut_off(P: Any, epsilon: float = EPSILON) -> Any:
    """Probabilities kept ε from 0 and 1.  P [N, n] -> [N, n].  Keras: categorical_crossentropy"""
    return np.minimum(np.maximum(P, epsilon), 1 - epsilon)


def through(P: Any, epsilon: float = EPSILON) -> Any:
    """Where that lets a gradient through.  P [N, n] -> mask [N, n].  Keras: categorical_crossentropy"""
    return (epsilon <= P) * ((1 - epsilon) >= P)


def check_truth(name: str, value: Any) -> None:
    """Raise ValueError, naming the option of a loss, unless it is True or False."""
    if type(value) is not bool:
        raise ValueError(f"{name} must be True or False, not {value!r}")


def check_label_smoothing(value: Any) -> None:
    """Raise ValueError unless the label smoothing is from 0 to below 1."""
    if not isinstance(value, float) or not 0 <= value < 1:
        raise ValueError(f"label smoothing must be from 0 to below 1, not {value!r}")


def check_focus(kind: str, alpha: Any, gamma: Any) -> None:
    """Raise ValueError unless the α of a focal loss is from 0 to 1 and its γ is at least 0."""
    if not isinstance(alpha, float):
        raise ValueError(f"alpha of {kind} must be one number; {alpha!r} is not verified")
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha of {kind} must be from 0 to 1, not {alpha!r}")
    if not isinstance(gamma, float) or not 0 <= gamma < math.inf:
        raise ValueError(f"gamma of {kind} must be a finite number of at least 0, not {gamma!r}")
