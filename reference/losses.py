"""Other losses than the essay's, and what may be said of each: where the loss begins, smoothing, sum or mean.

Keras computes the cross-entropy in three ways, with three gradients: from Z (the essay's, through the softmax),
from probabilities that it brings to a sum of 1 and cuts off at ε, and, for whole-number labels, from the
logarithms of such probabilities. Each function has the slope of its cost under it; `share` is what one example
weighs: 1/N for the mean of the batch, 1 for its sum. y [N, n] may be smoothed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from reference.layers.softmax import softmax
from reference.loss import batch_mean, crossentropies_of_logits, squared_error
from reference.notation import parse, text_of

EPSILON = 1e-7  # keras.backend.epsilon(): probabilities are cut off at it, and at 1 - it
CROSSENTROPIES = ("categorical_crossentropy", "sparse_categorical_crossentropy")
KINDS = (*CROSSENTROPIES, "mean_squared_error")
REDUCTIONS = ("mean", "sum")


@dataclass(frozen=True)
class Loss:
    """Which loss.  Raises ValueError where its parts do not fit together."""

    kind: str = "categorical_crossentropy"
    from_logits: bool = False
    label_smoothing: float = 0.0
    reduction: str = "mean"

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"loss {self.kind!r} is not one of {', '.join(KINDS)}")
        if self.reduction not in REDUCTIONS:
            raise ValueError(f"reduction {self.reduction!r} is not one of {', '.join(REDUCTIONS)}")
        if not isinstance(self.label_smoothing, float) or not 0 <= self.label_smoothing < 1:
            raise ValueError(f"label smoothing must be from 0 to below 1, not {self.label_smoothing!r}")
        if self.kind != "categorical_crossentropy" and self.label_smoothing:
            raise ValueError(f"{self.kind} has no label smoothing")
        if self.kind not in CROSSENTROPIES and self.from_logits:
            raise ValueError(f"{self.kind} knows no logits")

    def __str__(self) -> str:
        return text_of(self.kind, _Parts(self.from_logits, self.label_smoothing, self.reduction))

    @property
    def is_crossentropy(self) -> bool:
        return self.kind in CROSSENTROPIES


@dataclass(frozen=True)
class _Parts:
    from_logits: bool = False
    label_smoothing: float = 0.0
    reduction: str = "mean"


def loss_named(text: str) -> Loss:
    """The loss that a text such as "categorical_crossentropy(label_smoothing=0.1)" describes.  Raises ValueError."""
    try:
        found = parse(text, {kind: partial(Loss, kind) for kind in KINDS})
    except ValueError as error:
        raise ValueError(f"loss {error}") from None
    if not isinstance(found, Loss):
        raise ValueError(f"loss {text!r} is not one of {', '.join(KINDS)}")
    return found


def smoothed(y: Any, smoothing: float) -> Any:
    """A part of the label given to all classes alike.  y [N, n] -> [N, n].  Szegedy et al. 2016, section 7"""
    if not smoothing:
        return y
    part = y[:1, :1] * 0.0 + smoothing  # so that the division is one of the arithmetic of y, and rounds there
    return y * (1 - smoothing) + part / y.shape[1]


def total(costs: Any, mean: bool) -> Any:
    """Of the batch: the mean of its examples, or their sum.  costs [N] -> scalar.  (14)"""
    return batch_mean(costs) if mean else np.sum(costs)


def weighed(slope: Any, mean: bool) -> Any:
    """A slope of each example's cost as that of the batch.  slope [N, n] -> [N, n].  (14)"""
    return slope * (1 / slope.shape[0]) if mean else slope


def of_logits(Z: Any, y: Any, smoothing: float = 0.0, mean: bool = True) -> Any:
    """(13) with the softmax of Z put in.  Z, y [N, n] -> scalar.  (14)"""
    return total(crossentropies_of_logits(Z, smoothed(y, smoothing)), mean)


def of_logits_slope(Z: Any, y: Any, smoothing: float = 0.0, mean: bool = True) -> Any:
    """softmax(Z) - y.  Z, y [N, n] -> [N, n].  (21)"""
    return weighed(softmax(Z) - smoothed(y, smoothing), mean)


def shares(A: Any) -> Any:
    """Each row brought to a sum of 1.  A [N, n] -> [N, n].  Keras: categorical_crossentropy"""
    return A / np.sum(A, axis=1, keepdims=True)


def cut_off(P: Any) -> Any:
    """Probabilities kept ε = 1e-7 from 0 and 1.  P [N, n] -> [N, n].  Keras: categorical_crossentropy"""
    return np.minimum(np.maximum(P, EPSILON), 1 - EPSILON)


def through(P: Any) -> Any:
    """Where that lets a gradient through.  P [N, n] -> mask [N, n].  Keras: categorical_crossentropy"""
    return (P >= EPSILON) * ((1 - EPSILON) >= P)


def of_probabilities(A: Any, y: Any, smoothing: float = 0.0, mean: bool = True) -> Any:
    """(13) of rows brought to a sum of 1 and cut off.  A, y [N, n] -> scalar.  (13), (14)"""
    return total(-np.sum(smoothed(y, smoothing) * np.log(cut_off(shares(A))), axis=1), mean)


def of_probabilities_slope(A: Any, y: Any, smoothing: float = 0.0, mean: bool = True) -> Any:
    """(20b) back through the cutting off and the division.  A, y [N, n] -> dA [N, n].  (20b)"""
    row, P = np.sum(A, axis=1, keepdims=True), shares(A)
    dP = weighed(-smoothed(y, smoothing), mean) / cut_off(P) * through(P)
    return dP / row - np.sum(dP * (P / row), axis=1, keepdims=True)


def of_labels(A: Any, y: Any, mean: bool = True) -> Any:
    """The softmax of the logarithms of cut-off probabilities, in (13).  A, y [N, n] -> scalar.  (13), (14)"""
    return of_logits(np.log(cut_off(A)), y, mean=mean)


def of_labels_slope(A: Any, y: Any, mean: bool = True) -> Any:
    """(21) of those logarithms, back through them.  A, y [N, n] -> dA [N, n].  (20b), (21)"""
    return of_logits_slope(np.log(cut_off(A)), y, mean=mean) / cut_off(A) * through(A)


def squared(A: Any, y: Any, mean: bool = True) -> Any:
    """Keras's MSE: (12) over the number of outputs.  A, y [N, n] -> scalar.  (12), (14)"""
    return total((1 / A.shape[1]) * squared_error(A, y), mean)


def squared_slope(A: Any, y: Any, mean: bool = True) -> Any:
    """2 (A - y) / n, and over N for a mean.  A, y [N, n] -> dA [N, n].  (12)"""
    return weighed(((A - y) * 2) * (1 / A.shape[1]), mean)


@dataclass(frozen=True)
class Written:
    """A loss as two equations, with what they read: "Z", the output layer's sums, or "A", what it puts out.

    `joint`: the slope goes back through the activation as well, whatever it reads.
    """

    reads: str
    cost: Callable[[Any, Any], Any]
    cost_equation: str
    slope: Callable[[Any, Any], Any]
    slope_equation: str
    joint: bool = False


def written(loss: Loss, activation: str, dropped: bool) -> Written:
    """The equations that Keras computes for a loss behind this activation (and dropout, if that is the last layer).

    A softmax's cross-entropy begins at Z; so does a sigmoid's, as if it were a softmax's: Keras takes either's Z
    for logits.
    """
    mean, smoothing = loss.reduction == "mean", loss.label_smoothing
    if not loss.is_crossentropy:
        return Written("A", partial(squared, mean=mean), "12", partial(squared_slope, mean=mean), "12")
    behind = activation in ("softmax", "sigmoid") and not dropped
    if behind or loss.from_logits:
        cost, slope = (partial(f, smoothing=smoothing, mean=mean) for f in (of_logits, of_logits_slope))
        return Written("Z" if behind else "A", cost, "14", slope, "21")
    if loss.kind == "categorical_crossentropy":
        both = (of_probabilities, of_probabilities_slope)
        cost, slope = (partial(f, smoothing=smoothing, mean=mean) for f in both)
        return Written("A", cost, "13, 14", slope, "20b")
    return Written("A", partial(of_labels, mean=mean), "13, 14", partial(of_labels_slope, mean=mean), "20b, 21")
