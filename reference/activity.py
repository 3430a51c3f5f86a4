"""Activity regularizers: what the cost adds for the size of what a layer gives, and the gradient of that.

The letters: A is what a layer gives for N examples, whatever its name. Keras divides the penalty by N, not by the
number of all numbers, so that it is a mean over the examples.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np

from reference.notation import text_of
from reference.operations import Function, added, product, rounded_as, sign


def mean_of_sizes(A: Any, l1: float, l2: float) -> Any:
    """λ1 Σ |a| / N + λ2 Σ a² / N.  A [N, ...] -> scalar.  Keras: Layer.activity_regularizer"""
    share = 1 / len(A)
    absolute = [product(rounded_as(l1, A), share, np.sum(np.maximum(A, -A)))] if l1 else []
    squared = [product(rounded_as(l2, A), share, np.sum(A * A))] if l2 else []
    return added(*absolute, *squared)


def slope_of_sizes(A: Any, l1: float, l2: float) -> Any:
    """λ1 sign(a) / N + 2 λ2 a / N, with sign(0) = 0.  A [N, ...] -> its shape.  Keras: Layer.activity_regularizer"""
    share = 1 / len(A)
    absolute = [product(rounded_as(l1, A), share, sign(A))] if l1 else []
    squared = [product(rounded_as(l2, A), share, 2, A)] if l2 else []
    return added(*absolute, *squared)


@dataclass(frozen=True)
class Activity:
    """The mean over the examples of λ1 Σ |a| + λ2 Σ a², with λ1 `l1` and λ2 `l2`.  Keras: Layer.activity_regularizer

    Raises ValueError for a factor that is negative or not finite, and if both are 0.
    """

    kind: ClassVar[str] = "activity"
    source: ClassVar[str] = "Keras: activity_regularizer"
    elementwise: ClassVar[bool] = True
    l1: float = 0.0
    l2: float = 0.0

    def __post_init__(self) -> None:
        for factor in (self.l1, self.l2):
            if not isinstance(factor, float) or not 0 <= factor < np.inf:
                raise ValueError(f"a factor of a regularizer must be a finite number of 0 or more, not {factor!r}")
        if not self.l1 and not self.l2:
            raise ValueError("an activity regularizer needs a factor above 0")

    def __str__(self) -> str:
        return text_of(self.kind, self)

    @property
    def cost(self) -> Function:
        """The penalty, a function of what the layer gives."""
        return partial(mean_of_sizes, l1=self.l1, l2=self.l2)

    @property
    def slope(self) -> Function:
        """The slope of the penalty, a function of what the layer gives."""
        return partial(slope_of_sizes, l1=self.l1, l2=self.l2)
