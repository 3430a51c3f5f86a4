"""The mean squared error."""

from dataclasses import dataclass
from typing import Any

from reference.loss import mean_squared_error, mean_squared_error_backward, squared_error
from reference.losses.loss import Loss, LossEquations
from reference.operations import product


def squared(A: Any, y: Any) -> Any:
    """Keras's MSE of each example: (12) over the number of outputs.  A, y [N, n] -> [N].  (12)"""
    return (1 / A.shape[-1]) * squared_error(A, y)


def squared_slope(A: Any, y: Any, *factors: Any) -> Any:
    """2 (A - y) / n, times the factors.  A, y [N, n] -> [N, n].  (12)"""
    return product(A - y, 2, 1 / A.shape[-1], *factors)


@dataclass(frozen=True)
class MeanSquaredError(Loss):
    """(12) over the number of outputs, its mean over the batch by (14)."""

    kind = "mean_squared_error"
    is_crossentropy = False
    reduction: str = "mean"
    weight: float = 1.0

    def written(self, activation: str, weighted: bool = False) -> LossEquations:
        """Return the equations; with the default options, the slope behind a softmax goes back through it."""
        if activation == "softmax" and self == MeanSquaredError() and not weighted:
            return LossEquations("A", mean_squared_error, "12", mean_squared_error_backward, "12, 19", joint=True)
        return super().written(activation, weighted)

    def of_example(self, activation: str) -> LossEquations:
        """Return the equations of one example."""
        return LossEquations("A", squared, "12", squared_slope, "12")
