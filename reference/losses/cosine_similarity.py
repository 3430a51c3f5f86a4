"""The cosine similarity: minus the cosine of the angle between the outputs and the labels."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from reference.losses.loss import EPSILON, Loss, LossEquations
from reference.operations import choose, product


def length(T: Any) -> Any:
    """√(Σ t²) of each row.  T [N, n] -> [N, 1].  Keras: normalize"""
    return np.sqrt(np.sum(T * T, axis=-1, keepdims=True))


def inverse_length(T: Any, epsilon: float = EPSILON) -> Any:
    """1 over that, but at most 1/ε.  T [N, n] -> [N, 1].  Keras: normalize"""
    return np.reciprocal(np.maximum(length(T), epsilon))


def unit(T: Any, epsilon: float = EPSILON) -> Any:
    """Each row brought to the length 1, if it is not shorter than ε.  T [N, n] -> [N, n].  Keras: normalize"""
    return T * inverse_length(T, epsilon)


def minus_cosine(A: Any, y: Any, epsilon: float = EPSILON) -> Any:
    """Minus the sum of the products of both unit vectors.  A, y [N, n] -> [N].  Keras: cosine_similarity"""
    return -np.sum(unit(y, epsilon) * unit(A, epsilon), axis=-1)


def minus_cosine_backward(g: Any, A: Any, y: Any, epsilon: float = EPSILON) -> Any:
    """g times its slope: a (ŷ·a)/|a|³ - ŷ/|a|, with ŷ = y/|y|.  g scalar, A, y [N, n] -> [N, n].  Keras: normalize

    For a row of zeros XLA gives NaN.
    """
    dU, r = -product(g, unit(y, epsilon)), inverse_length(A, epsilon)
    dr = choose(length(A) >= epsilon, np.sum(dU * A, axis=-1, keepdims=True), 0.0)
    return dU * r - product(dr, r, r, r, A)


@dataclass(frozen=True)
class CosineSimilarity(Loss):
    """Minus the cosine, its mean over the batch.  Keras: cosine_similarity"""

    kind = "cosine_similarity"
    reduction: str = "mean"
    weight: float = 1.0
    epsilon: float = EPSILON

    def of_example(self, activation: str) -> LossEquations:
        """Return the equations of one example."""
        source = "Keras: cosine_similarity"
        cost, slope = (partial(f, epsilon=self.epsilon) for f in (minus_cosine, minus_cosine_backward))
        return LossEquations("A", cost, source, slope, source)
