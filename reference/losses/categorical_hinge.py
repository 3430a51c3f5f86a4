"""The categorical hinge loss: how far the output of the right class is above the largest of the others."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from reference.losses.loss import Loss, LossEquations
from reference.operations import added, choose, product, rounded_as, shares_of_largest


def lacking_to_margin(A: Any, y: Any) -> Any:
    """max((1 - y) a) - Σ y a + 1.  A, y [N, n] -> [N].  Keras: categorical_hinge

    The right class counts as 0 among the others, so that their maximum is never below 0 (Crammer & Singer 2001 leave
    it out).
    """
    return added(np.max((1 - y) * A, axis=-1), -np.sum(y * A, axis=-1), rounded_as(1, A))


def categorical_hinge(A: Any, y: Any) -> Any:
    """That, but at least 0.  A, y [N, n] -> [N].  Keras: categorical_hinge"""
    return np.maximum(lacking_to_margin(A, y), 0)


def categorical_hinge_backward(g: Any, A: Any, y: Any) -> Any:
    """g times its slope: 1 - y at the largest, and -y; 0 below the margin.  A, y [N, n] -> [N, n].  Keras: maximum

    Of several largest each gets its share, as in TensorFlow.
    """
    dM = choose(lacking_to_margin(A, y)[..., None] >= 0, g, 0.0)
    largest = shares_of_largest(((1 - y) * A)[..., None])[..., 0]
    return product(dM, largest, 1 - y) - product(dM, y)


@dataclass(frozen=True)
class CategoricalHinge(Loss):
    """max(max((1 - y) a) - Σ y a + 1, 0), its mean over the batch.  Keras: categorical_hinge"""

    kind = "categorical_hinge"
    reduction: str = "mean"
    weight: float = 1.0

    def of_example(self, activation: str) -> LossEquations:
        """Return the equations of one example."""
        source = "Keras: categorical_hinge"
        return LossEquations("A", categorical_hinge, source, categorical_hinge_backward, source)
