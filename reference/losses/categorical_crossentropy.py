"""Cross-entropy, from Z or from probabilities."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from reference.layers.softmax import softmax
from reference.loss import crossentropies_of_logits, crossentropy_backward, crossentropy_of_logits
from reference.losses.loss import (
    EPSILON,
    Loss,
    LossEquations,
    check_label_smoothing,
    check_truth,
    cut_off,
    shares,
    shares_backward,
    smoothed,
    through,
)
from reference.operations import choose, product


def of_logits(Z: Any, y: Any, smoothing: float = 0.0) -> Any:
    """(13) with the softmax of Z put in.  Z, y [N, n] -> [N].  (13)"""
    return crossentropies_of_logits(Z, smoothed(y, smoothing))


def of_logits_backward(g: Any, Z: Any, y: Any, smoothing: float = 0.0) -> Any:
    """g times its slope: softmax(Z) - y.  g scalar, Z, y [N, n] -> [N, n].  (21)"""
    return product(softmax(Z) - smoothed(y, smoothing), g)


def of_probabilities(A: Any, y: Any, smoothing: float = 0.0, epsilon: float = EPSILON) -> Any:
    """(13) of rows brought to a sum of 1 and cut off.  A, y [N, n] -> [N].  (13)"""
    return -np.sum(smoothed(y, smoothing) * np.log(cut_off(shares(A), epsilon)), axis=-1)


def of_probabilities_backward(g: Any, A: Any, y: Any, smoothing: float = 0.0, epsilon: float = EPSILON) -> Any:
    """g times (20b), back through the cutting off and the division.  g scalar, A, y [N, n] -> [N, n].  (20b)"""
    P = shares(A)
    slope = product(-smoothed(y, smoothing), g) * np.reciprocal(cut_off(P, epsilon))
    return shares_backward(choose(through(P, epsilon), slope, 0.0), A)


@dataclass(frozen=True)
class CategoricalCrossentropy(Loss):
    """(13), its mean over the batch by (14); y one-hot, or shares of 1."""

    kind = "categorical_crossentropy"
    from_logits: bool = False
    label_smoothing: float = 0.0
    reduction: str = "mean"
    weight: float = 1.0
    epsilon: float = EPSILON

    def __post_init__(self) -> None:
        super().__post_init__()
        check_truth("from_logits", self.from_logits)
        check_label_smoothing(self.label_smoothing)

    def written(self, activation: str, weighted: bool = False) -> LossEquations:
        """Return the equations of a batch; with the default options behind a softmax, those of the essay."""
        if activation == "softmax" and self == CategoricalCrossentropy(epsilon=self.epsilon) and not weighted:
            return LossEquations("Z", crossentropy_of_logits, "14", crossentropy_backward, "21", joint=True)
        return super().written(activation, weighted)

    def of_example(self, activation: str) -> LossEquations:
        """Return the equations: from Z behind a softmax or sigmoid, else from A, as logits or as probabilities."""
        options: dict[str, Any] = {"smoothing": self.label_smoothing} if self.label_smoothing else {}
        behind = activation in ("softmax", "sigmoid")
        if behind or self.from_logits:
            cost, slope = partial(of_logits, **options), partial(of_logits_backward, **options)
            return LossEquations("Z" if behind else "A", cost, "14", slope, "21")
        cost, slope = (
            partial(f, epsilon=self.epsilon, **options) for f in (of_probabilities, of_probabilities_backward)
        )
        return LossEquations("A", cost, "13, 14", slope, "20b")
