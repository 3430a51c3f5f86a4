"""The mean squared logarithmic error: the squared difference of ln(1 + a) and ln(1 + y).

Keras rounds ε to float32 in every precision.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np

from reference.losses.elementwise import ElementwiseLoss
from reference.losses.loss import EPSILON, Equation
from reference.operations import choose, product


def logarithm(T: Any, epsilon: float = EPSILON) -> Any:
    """ln(1 + t), where t is at least ε.  T [N, n] -> [N, n].  Keras: mean_squared_logarithmic_error"""
    return np.log(np.maximum(T, epsilon) + 1)


def logarithms_apart(A: Any, y: Any, epsilon: float = EPSILON) -> Any:
    """(ln(1 + a) - ln(1 + y))².  A, y [N, n] -> [N, n].  Keras: mean_squared_logarithmic_error"""
    D = logarithm(A, epsilon) - logarithm(y, epsilon)
    return D * D


def logarithms_apart_backward(g: Any, A: Any, y: Any, epsilon: float = EPSILON) -> Any:
    """g times its slope: 2 (ln(1 + a) - ln(1 + y)) / (1 + a), 0 for a < ε.  A, y [N, n] -> [N, n].  Keras: maximum"""
    D = logarithm(A, epsilon) - logarithm(y, epsilon)
    return choose(epsilon <= A, product(g, 2, D, np.reciprocal(np.maximum(A, epsilon) + 1)), 0.0)


@dataclass(frozen=True)
class MeanSquaredLogarithmicError(ElementwiseLoss):
    """The mean of (ln(1 + a) - ln(1 + y))².  Keras: mean_squared_logarithmic_error"""

    kind = "mean_squared_logarithmic_error"
    source: ClassVar[str] = "Keras: mean_squared_logarithmic_error"
    epsilon: float = EPSILON

    def of_output(self) -> tuple[Equation, Equation]:
        """Return the squared difference of two logarithms and its way back."""
        options = {"epsilon": float(np.float32(self.epsilon))}
        return partial(logarithms_apart, **options), partial(logarithms_apart_backward, **options)
