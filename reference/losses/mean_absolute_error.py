"""The mean absolute error."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from reference.losses.elementwise import ElementwiseLoss
from reference.losses.loss import Equation
from reference.operations import choose, rounded_as


def absolute(A: Any, y: Any) -> Any:
    """|a - y|.  A, y [N, n] -> [N, n].  Keras: mean_absolute_error"""
    return np.maximum(A - y, y - A)


def sign(A: Any, y: Any) -> Any:
    """1 where a > y, -1 where a < y; 0 where they are equal, as in TensorFlow.  A, y [N, n] -> [N, n].  Keras: abs

    What is neither is 0 or NaN: a - y is the same.
    """
    one = rounded_as(1, A)
    return choose(y < A, one, choose(y > A, -one, A - y))


def absolute_backward(g: Any, A: Any, y: Any) -> Any:
    """g times the sign of a - y.  g scalar, A, y [N, n] -> [N, n].  Keras: mean_absolute_error"""
    return g * sign(A, y)


@dataclass(frozen=True)
class MeanAbsoluteError(ElementwiseLoss):
    """The mean of |a - y|.  Keras: mean_absolute_error"""

    kind = "mean_absolute_error"
    source: ClassVar[str] = "Keras: mean_absolute_error"

    def of_output(self) -> tuple[Equation, Equation]:
        """Return |a - y| and its way back."""
        return absolute, absolute_backward
