"""The Kullback-Leibler divergence: how much the outputs, as a distribution, differ from the labels."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from reference.losses.loss import EPSILON, Loss, LossEquations
from reference.operations import choose, product


def limited(P: Any, epsilon: float = EPSILON) -> Any:
    """Shares of at least ε and at most 1.  P [N, n] -> [N, n].  Keras: kl_divergence"""
    return np.minimum(np.maximum(P, epsilon), 1)


def divergence(A: Any, y: Any, epsilon: float = EPSILON) -> Any:
    """Σ y ln(y / a), of limited shares.  A, y [N, n] -> [N].  Kullback & Leibler 1951"""
    P, y = limited(A, epsilon), limited(y, epsilon)
    return np.sum(y * np.log(y / P), axis=-1)


def divergence_backward(g: Any, A: Any, y: Any, epsilon: float = EPSILON) -> Any:
    """g times its slope: -y / a, 0 where a is limited.  g scalar, A, y [N, n] -> [N, n].  Kullback & Leibler 1951

    TensorFlow goes back through the logarithm and the division: y times 1/q times -q/a, where q = y / a.
    """
    P, y = limited(A, epsilon), limited(y, epsilon)
    Q = y / P
    slope = -product(g, y, np.reciprocal(Q), Q, np.reciprocal(P))
    return choose(epsilon > A, 0.0, choose(A > 1, 0.0, slope))


@dataclass(frozen=True)
class KLDivergence(Loss):
    """Σ y ln(y / a), its mean over the batch.  Kullback & Leibler 1951; Keras limits both to ε and 1"""

    kind = "kl_divergence"
    reduction: str = "mean"
    weight: float = 1.0
    epsilon: float = EPSILON

    def of_example(self, activation: str) -> LossEquations:
        """Return the equations of one example."""
        source = "Kullback & Leibler 1951"
        cost, slope = (partial(f, epsilon=self.epsilon) for f in (divergence, divergence_backward))
        return LossEquations("A", cost, source, slope, source)
