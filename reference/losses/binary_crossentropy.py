"""Binary cross-entropy: each output is a yes or a no of its own, from its Z or from its probability.

Keras begins with Z behind a sigmoid. It also begins with the Z of a softmax, and takes it for that of sigmoids.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np

from reference.losses.elementwise import ElementwiseLoss
from reference.losses.loss import (
    EPSILON,
    Equation,
    LossEquations,
    check_label_smoothing,
    check_truth,
    cut_off,
)
from reference.operations import added, choose, product


def smoothed_to_half(y: Any, smoothing: float) -> Any:
    """Labels moved towards 1/2.  y [N, n] -> [N, n].  Keras: binary_crossentropy"""
    return y * (1 - smoothing) + 0.5 * smoothing if smoothing else y


def of_logits(Z: Any, y: Any, smoothing: float = 0.0) -> Any:
    """-y ln σ(z) - (1 - y) ln(1 - σ(z)) = max(z, 0) - z y + ln(1 + e^-|z|).  Z, y [N, n] -> [N, n].  (13)

    This form has no logarithm of 0, whatever z is.
    """
    return np.maximum(Z, 0) - Z * smoothed_to_half(y, smoothing) + np.log1p(np.exp(-np.maximum(Z, -Z)))


def of_logits_backward(g: Any, Z: Any, y: Any, smoothing: float = 0.0) -> Any:
    """g times its slope: σ(z) - y.  g scalar, Z, y [N, n] -> [N, n].  (21)

    It is the sum of the slopes of three terms: σ(z) is e/(1 + e) for z < 0, else 1 - e/(1 + e), with e = e^-|z|.
    """
    e = np.exp(-np.maximum(Z, -Z))
    part = product(g, np.reciprocal(1 + e), e)
    return added(g * (Z >= 0), -product(g, smoothed_to_half(y, smoothing)), choose(Z >= 0, -part, part))


def of_probabilities(A: Any, y: Any, smoothing: float = 0.0, epsilon: float = EPSILON) -> Any:
    """-y ln a - (1 - y) ln(1 - a), where a is kept ε from 0 and 1.  A, y [N, n] -> [N, n].  (13)"""
    P, y = cut_off(A, epsilon), smoothed_to_half(y, smoothing)
    return -(y * np.log(P) + (1 - y) * np.log(1 - P))


def of_probabilities_backward(g: Any, A: Any, y: Any, smoothing: float = 0.0, epsilon: float = EPSILON) -> Any:
    """g times its slope: (1 - y)/(1 - a) - y/a, 0 where a is cut off.  g scalar, A, y [N, n] -> [N, n].  (20b)"""
    P, y = cut_off(A, epsilon), smoothed_to_half(y, smoothing)
    slope = product(g, 1 - y, np.reciprocal(1 - P)) - product(g, y, np.reciprocal(P))
    return choose(epsilon > A, 0.0, choose((1 - epsilon) < A, 0.0, slope))


@dataclass(frozen=True)
class BinaryCrossentropy(ElementwiseLoss):
    """The mean of -y ln a - (1 - y) ln(1 - a).  (13) of two outcomes"""

    kind = "binary_crossentropy"
    source: ClassVar[str] = "Keras: binary_crossentropy"
    from_logits: bool = False
    label_smoothing: float = 0.0
    epsilon: float = EPSILON

    def __post_init__(self) -> None:
        super().__post_init__()
        check_truth("from_logits", self.from_logits)
        check_label_smoothing(self.label_smoothing)

    def of_example(self, activation: str) -> LossEquations:
        """Return the equations: from Z behind a sigmoid or softmax, else from A, as logits or as probabilities."""
        options: dict[str, Any] = {"smoothing": self.label_smoothing} if self.label_smoothing else {}
        behind = activation in ("softmax", "sigmoid")
        functions: tuple[Equation, Equation] = (of_logits, of_logits_backward)
        if not (behind or self.from_logits):
            functions, options = (of_probabilities, of_probabilities_backward), {**options, "epsilon": self.epsilon}
        cost, slope = (partial(f, **options) for f in functions)
        return self.over_outputs("Z" if behind else "A", cost, slope)
