"""The Huber loss: half the square of a small error, and a straight line for a large one."""

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np

from reference.losses.elementwise import ElementwiseLoss
from reference.losses.loss import Equation
from reference.operations import choose, product, rounded_as


def huber(A: Any, y: Any, delta: float = 1.0) -> Any:
    """d²/2 for |d| <= δ, else δ|d| - δ²/2, where d = a - y.  A, y [N, n] -> [N, n].  Huber 1964"""
    D, limit = A - y, rounded_as(delta, A)
    size = np.maximum(D, -D)
    return choose(size <= limit, 0.5 * (D * D), limit * size - 0.5 * (limit * limit))


def huber_backward(g: Any, A: Any, y: Any, delta: float = 1.0) -> Any:
    """g times its slope: a - y, limited to -δ and δ.  g scalar, A, y [N, n] -> [N, n].  Huber 1964"""
    limit = rounded_as(delta, A)
    return product(g, np.minimum(np.maximum(A - y, -limit), limit))


@dataclass(frozen=True)
class Huber(ElementwiseLoss):
    """The mean of the Huber loss of each output; δ is `delta`.  Huber 1964"""

    kind = "huber"
    source: ClassVar[str] = "Huber 1964"
    delta: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.delta, float) or not 0 < self.delta < np.inf:
            raise ValueError(f"delta of huber must be a finite number above 0, not {self.delta!r}")

    def of_output(self) -> tuple[Equation, Equation]:
        """Return the Huber loss of an output and its way back."""
        return partial(huber, delta=self.delta), partial(huber_backward, delta=self.delta)
