"""The mean squared error."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from reference.loss import mean_squared_error, mean_squared_error_backward, squared_error
from reference.losses.loss import Loss, LossEquations, total
from reference.operations import product


def squared(A: Any, y: Any, mean: bool = True) -> Any:
    """Keras's MSE: (12) over the number of outputs.  A, y [N, n] -> scalar.  (12), (14)"""
    return total((1 / A.shape[1]) * squared_error(A, y), mean)


def squared_slope(A: Any, y: Any, mean: bool = True) -> Any:
    """2 (A - y) / n, and over N for a mean.  A, y [N, n] -> dA [N, n].  (12)"""
    return product(A - y, 2, 1 / A.shape[1], *([1 / A.shape[0]] if mean else []))


@dataclass(frozen=True)
class MeanSquaredError(Loss):
    """(12) over the number of outputs, its mean over the batch by (14)."""

    kind = "mean_squared_error"
    is_crossentropy = False
    reduction: str = "mean"
    weight: float = 1.0

    def unweighted(self, activation: str) -> LossEquations:
        """Return the equations; with the default options, the slope behind a softmax goes back through it."""
        if activation == "softmax" and self == MeanSquaredError(weight=self.weight):
            return LossEquations("A", mean_squared_error, "12", mean_squared_error_backward, "12, 19", joint=True)
        return LossEquations("A", partial(squared, mean=self.mean), "12", partial(squared_slope, mean=self.mean), "12")
