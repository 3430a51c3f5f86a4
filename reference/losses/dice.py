"""The Dice loss: 1 less twice the overlap over both sizes. Milletari et al. 2016 have squares in the sizes."""

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np

from reference.losses.loss import EPSILON, Equation
from reference.losses.overlap import OverlapLoss
from reference.operations import added, product, rounded_as


def _sizes(A: Any, y: Any, axis: Any, epsilon: float, keepdims: bool) -> tuple[Any, Any]:
    """Return twice the overlap, and the sum of both sizes and ε."""
    sizes = (np.sum(T, axis=axis, keepdims=keepdims) for T in (y, A))
    return 2 * np.sum(y * A, axis=axis, keepdims=keepdims), added(*sizes, rounded_as(epsilon, A))


def dice(A: Any, y: Any, axis: int | None = None, epsilon: float = EPSILON) -> Any:
    """1 - 2 Σ y a / (Σ y + Σ a + ε).  A, y [N, n] -> scalar, or [N] along the last axis.  Keras: dice"""
    overlap, sizes = _sizes(A, y, axis, epsilon, False)
    return 1 - overlap / sizes


def dice_backward(g: Any, A: Any, y: Any, axis: int | None = None, epsilon: float = EPSILON) -> Any:
    """g times its slope: (q - 2 y) / s, with the sizes s and q = 2 Σ y a / s.  A, y [N, n] -> [N, n].  Keras: dice"""
    overlap, sizes = _sizes(A, y, axis, epsilon, axis is not None)
    r = np.reciprocal(sizes)
    return product(g, overlap / sizes, r) - product(g, r, 2, y)


@dataclass(frozen=True)
class Dice(OverlapLoss):
    """1 - 2 Σ y a / (Σ y + Σ a + ε).  Keras: dice"""

    kind = "dice"
    source: ClassVar[str] = "Keras: dice"

    def of_overlap(self) -> tuple[Equation, Equation]:
        """Return the Dice loss and its way back."""
        return partial(dice, epsilon=self.epsilon), partial(dice_backward, epsilon=self.epsilon)
