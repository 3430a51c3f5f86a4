"""Categorical focal cross-entropy: (13), with less weight on classes that are nearly right. Keras never begins at Z."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from reference.layers.softmax import softmax, softmax_backward
from reference.losses.loss import (
    EPSILON,
    Loss,
    LossEquations,
    check_focus,
    check_label_smoothing,
    check_truth,
    cut_off,
    shares,
    shares_backward,
    smoothed,
    through,
)
from reference.operations import choose, product, rounded_as


def focal(A: Any, y: Any, alpha: float, gamma: float, smoothing: float = 0.0, epsilon: float = EPSILON) -> Any:
    """-Σ α (1 - p)^γ y ln p, of shares that are cut off.  A, y [N, n] -> [N].  Lin et al. 2017"""
    P, y = cut_off(shares(A), epsilon), smoothed(y, smoothing)
    return -np.sum(product((1 - P) ** rounded_as(gamma, A), rounded_as(alpha, A), y, np.log(P)), axis=-1)


def focal_backward(
    g: Any, A: Any, y: Any, alpha: float, gamma: float, smoothing: float = 0.0, epsilon: float = EPSILON
) -> Any:
    """g times its slope, of the weight and of the logarithm.  g scalar, A, y [N, n] -> [N, n].  Lin et al. 2017"""
    P, y = shares(A), smoothed(y, smoothing)
    Q, power = cut_off(P, epsilon), rounded_as(gamma, A)
    dlog = product(g, rounded_as(alpha, A), y)
    of_weight = product(dlog, np.log(Q), power, (1 - Q) ** (power - 1))
    of_logarithm = product(dlog, (1 - Q) ** power, np.reciprocal(Q))
    return shares_backward(choose(through(P, epsilon), of_weight - of_logarithm, 0.0), A)


def of_logits(Z: Any, y: Any, **options: float) -> Any:
    """Focal cost of the softmax of logits.  Z, y [N, n] -> [N].  Lin et al. 2017"""
    return focal(softmax(Z), y, **options)


def of_logits_backward(g: Any, Z: Any, y: Any, **options: float) -> Any:
    """g times its slope, back through the softmax.  g scalar, Z, y [N, n] -> [N, n].  Lin et al. 2017, (19)"""
    A = softmax(Z)
    return softmax_backward(focal_backward(g, A, y, **options), A)


@dataclass(frozen=True)
class CategoricalFocalCrossentropy(Loss):
    """-Σ α (1 - p)^γ y ln p, its mean over the batch.  Lin et al. 2017, for two classes"""

    kind = "categorical_focal_crossentropy"
    reduction: str = "mean"
    weight: float = 1.0
    alpha: float = 0.25
    gamma: float = 2.0
    from_logits: bool = False
    label_smoothing: float = 0.0
    epsilon: float = EPSILON

    def __post_init__(self) -> None:
        super().__post_init__()
        check_truth("from_logits", self.from_logits)
        check_label_smoothing(self.label_smoothing)
        check_focus(self.kind, self.alpha, self.gamma)

    def of_example(self, activation: str) -> LossEquations:
        """Return the equations of one example: from A, as logits or as probabilities, whatever gives it."""
        options: dict[str, Any] = {"alpha": self.alpha, "gamma": self.gamma, "epsilon": self.epsilon}
        options |= {"smoothing": self.label_smoothing} if self.label_smoothing else {}
        functions = (of_logits, of_logits_backward) if self.from_logits else (focal, focal_backward)
        cost, slope = (partial(f, **options) for f in functions)
        return LossEquations("A", cost, "Lin et al. 2017", slope, "Lin et al. 2017")
