"""The mean absolute percentage error: the error as a share of the label, in percent."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

import numpy as np

from reference.losses.elementwise import ElementwiseLoss
from reference.losses.loss import EPSILON, Equation, LossEquations
from reference.losses.mean_absolute_error import sign
from reference.operations import product


def size_of_label(y: Any, epsilon: float = EPSILON) -> Any:
    """|y|, but at least ε.  y [N, n] -> [N, n].  Keras: mean_absolute_percentage_error"""
    return np.maximum(np.maximum(y, -y), epsilon)


def share_of_label(A: Any, y: Any, epsilon: float = EPSILON) -> Any:
    """|y - a| / max(|y|, ε).  A, y [N, n] -> [N, n].  Keras: mean_absolute_percentage_error"""
    share = (y - A) / size_of_label(y, epsilon)
    return np.maximum(share, -share)


def percent(A: Any, y: Any, epsilon: float = EPSILON) -> Any:
    """100 times the mean of that.  A, y [N, n] -> [N].  Keras: mean_absolute_percentage_error"""
    return product(100, 1 / A.shape[-1], np.sum(share_of_label(A, y, epsilon), axis=-1))


def percent_backward(g: Any, A: Any, y: Any, epsilon: float = EPSILON) -> Any:
    """g times 100 times the sign of a - y, over max(|y|, ε).  g scalar, A, y [N, n] -> [N, n].  Keras: mape"""
    return product(g, 100) * sign(A, y) / size_of_label(y, epsilon)


@dataclass(frozen=True)
class MeanAbsolutePercentageError(ElementwiseLoss):
    """100 times the mean of |y - a| / max(|y|, ε).  Keras: mean_absolute_percentage_error"""

    kind = "mean_absolute_percentage_error"
    source: ClassVar[str] = "Keras: mean_absolute_percentage_error"
    epsilon: float = EPSILON

    def of_output(self) -> tuple[Equation, Equation]:
        """Return the share of one label, and 100 times its way back."""
        return partial(share_of_label, epsilon=self.epsilon), partial(percent_backward, epsilon=self.epsilon)

    def of_example(self, activation: str) -> LossEquations:
        """Return the equations of one example: 100 and 1/n may be multiplied first."""
        return replace(super().of_example(activation), cost=partial(percent, epsilon=self.epsilon))
