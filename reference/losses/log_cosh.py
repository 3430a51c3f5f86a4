"""The logarithm of the hyperbolic cosine of the error d: near d²/2 for small errors, near |d| - ln 2 for large ones.

Keras computes ln 2 in float32, in every precision: in float64, the cost is then wrong by 1.9e-9.
"""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from reference.layers.sigmoid import sigmoid
from reference.layers.softplus import softplus
from reference.losses.elementwise import ElementwiseLoss
from reference.losses.loss import Equation
from reference.operations import added, product, rounded_as

LN_2 = float(np.float32(math.log(2)))  # as Keras has it


def log_cosh(A: Any, y: Any) -> Any:
    """ln cosh d = d + ln(1 + e^(-2d)) - ln 2, where d = a - y.  A, y [N, n] -> [N, n].  Keras: log_cosh"""
    D = A - y
    return added(D, softplus(D * -2), rounded_as(-LN_2, D))


def log_cosh_backward(g: Any, A: Any, y: Any) -> Any:
    """g times its slope: tanh d = 1 - 2 / (1 + e^(2d)).  g scalar, A, y [N, n] -> [N, n].  Keras: log_cosh"""
    return added(g, product(g, -2, sigmoid((A - y) * -2)))


@dataclass(frozen=True)
class LogCosh(ElementwiseLoss):
    """The mean of ln cosh(a - y).  Keras: log_cosh"""

    kind = "log_cosh"
    source: ClassVar[str] = "Keras: log_cosh"

    def of_output(self) -> tuple[Equation, Equation]:
        """Return ln cosh(a - y) and its way back."""
        return log_cosh, log_cosh_backward
