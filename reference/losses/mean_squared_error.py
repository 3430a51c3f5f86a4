"""The mean squared error."""

from dataclasses import dataclass
from typing import Any, ClassVar

from reference.loss import mean_squared_error, mean_squared_error_backward
from reference.losses.elementwise import ElementwiseLoss
from reference.losses.loss import Equation, LossEquations
from reference.operations import product


def squared(A: Any, y: Any) -> Any:
    """A term of (12): (a - y)².  A, y [N, n] -> [N, n].  (12)"""
    return (y - A) * (y - A)


def squared_backward(g: Any, A: Any, y: Any) -> Any:
    """g times its slope: 2 (a - y).  g scalar, A, y [N, n] -> [N, n].  (12)"""
    return product(g, 2, A - y)


@dataclass(frozen=True)
class MeanSquaredError(ElementwiseLoss):
    """(12) over the number of outputs, its mean over the batch by (14)."""

    kind = "mean_squared_error"
    source: ClassVar[str] = "12"

    def written(self, activation: str, weighted: bool = False) -> LossEquations:
        """Return the equations; with the default options, the slope behind a softmax goes back through it."""
        if activation == "softmax" and self == MeanSquaredError() and not weighted:
            return LossEquations("A", mean_squared_error, "12", mean_squared_error_backward, "12, 19", joint=True)
        return super().written(activation, weighted)

    def of_output(self) -> tuple[Equation, Equation]:
        """Return (a - y)² and its way back."""
        return squared, squared_backward
