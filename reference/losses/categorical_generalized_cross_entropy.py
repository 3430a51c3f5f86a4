"""Generalized cross-entropy: between the cross-entropy (q near 0) and the absolute error (q near 1)."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from reference.losses.loss import Loss, LossEquations
from reference.operations import product, rounded_as


def generalized(A: Any, y: Any, q: float = 0.5) -> Any:
    """(1 - p^q) / q, where p is the probability of the right class.  A, y [N, n] -> [N].  Zhang & Sabuncu 2018"""
    q = rounded_as(q, A)
    return product(1 - np.sum(A * y, axis=-1) ** q, 1 / q)


def generalized_backward(g: Any, A: Any, y: Any, q: float = 0.5) -> Any:
    """g times its slope: -y p^(q - 1).  g scalar, A, y [N, n] -> [N, n].  Zhang & Sabuncu 2018"""
    q = rounded_as(q, A)
    p = np.sum(A * y, axis=-1, keepdims=True)
    return -product(g, 1 / q, q, p ** (q - 1), y)


@dataclass(frozen=True)
class CategoricalGeneralizedCrossEntropy(Loss):
    """(1 - p^q) / q, its mean over the batch; y one-hot, given as whole numbers.  Zhang & Sabuncu 2018"""

    kind = "categorical_generalized_cross_entropy"
    takes_classes = True
    reduction: str = "mean"
    weight: float = 1.0
    q: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.q, float) or not 0 < self.q < 1:
            raise ValueError(f"q of {self.kind} must be above 0 and below 1, not {self.q!r}")

    def of_example(self, activation: str) -> LossEquations:
        """Return the equations of one example."""
        source = "Zhang & Sabuncu 2018"
        cost, slope = partial(generalized, q=self.q), partial(generalized_backward, q=self.q)
        return LossEquations("A", cost, source, slope, source)
