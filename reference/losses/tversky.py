"""The Tversky loss: the Dice loss with a weight for what is too much and one for what is missing.

Salehi et al. 2017 give α to what is too much (an output without its label) and β to what is missing. Keras exchanges
them: its α counts what is missing.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np

from reference.losses.loss import EPSILON, Equation
from reference.losses.overlap import OverlapLoss
from reference.operations import added, product, rounded_as


def _sizes(A: Any, y: Any, alpha: Any, beta: Any, axis: Any, epsilon: float, keepdims: bool) -> tuple[Any, Any]:
    """Return the overlap, and the sum of it, of what is missing times α, of what is too much times β, and of ε."""
    overlap = np.sum(y * A, axis=axis, keepdims=keepdims)
    missing = np.sum((1 - A) * y, axis=axis, keepdims=keepdims)
    too_much = np.sum(A * (1 - y), axis=axis, keepdims=keepdims)
    return overlap, added(overlap, missing * alpha, too_much * beta, rounded_as(epsilon, A))


def tversky(
    A: Any, y: Any, alpha: float = 0.5, beta: float = 0.5, axis: int | None = None, epsilon: float = EPSILON
) -> Any:
    """1 - Σ y a / (Σ y a + α Σ (1 - a) y + β Σ a (1 - y) + ε).  A, y [N, n] -> scalar, or [N].  Keras: tversky"""
    overlap, sizes = _sizes(A, y, alpha, beta, axis, epsilon, False)
    return 1 - overlap / sizes


def tversky_backward(
    g: Any, A: Any, y: Any, alpha: float = 0.5, beta: float = 0.5, axis: int | None = None, epsilon: float = EPSILON
) -> Any:
    """g times its slope: (q (y - α y + β (1 - y)) - y) / s, with q = Σ y a / s.  A, y [N, n] -> [N, n].  Keras"""
    overlap, sizes = _sizes(A, y, alpha, beta, axis, epsilon, axis is not None)
    r = np.reciprocal(sizes)
    ds = product(g, overlap / sizes, r)
    of_overlap = (ds - product(g, r)) * y
    return added(of_overlap, -product(ds, rounded_as(alpha, A), y), product(ds, rounded_as(beta, A), 1 - y))


@dataclass(frozen=True)
class Tversky(OverlapLoss):
    """The Tversky loss, in which α counts what is missing and β what is too much.  Keras: tversky"""

    kind = "tversky"
    source: ClassVar[str] = "Keras: tversky"
    alpha: float = 0.5
    beta: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, value in (("alpha", self.alpha), ("beta", self.beta)):
            if not isinstance(value, float) or not 0 <= value < np.inf:
                raise ValueError(f"{name} of tversky must be a finite number of at least 0, not {value!r}")

    def of_overlap(self) -> tuple[Equation, Equation]:
        """Return the Tversky loss and its way back."""
        options: dict[str, Any] = {"alpha": self.alpha, "beta": self.beta, "epsilon": self.epsilon}
        return partial(tversky, **options), partial(tversky_backward, **options)
