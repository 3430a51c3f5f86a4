"""The Poisson loss: how unlikely y events are where a are expected, without what does not depend on a."""

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np

from reference.losses.elementwise import ElementwiseLoss
from reference.losses.loss import EPSILON, Equation
from reference.operations import added, product


def poisson(A: Any, y: Any, epsilon: float = EPSILON) -> Any:
    """a - y ln(a + ε), which is -ln(a^y e^-a / y!) + a number, but for ε.  A, y [N, n] -> [N, n].  Keras: poisson"""
    return A - y * np.log(A + epsilon)


def poisson_backward(g: Any, A: Any, y: Any, epsilon: float = EPSILON) -> Any:
    """g times its slope: 1 - y / (a + ε).  g scalar, A, y [N, n] -> [N, n].  Keras: poisson"""
    return added(g, -product(g, y, np.reciprocal(A + epsilon)))


@dataclass(frozen=True)
class Poisson(ElementwiseLoss):
    """The mean of a - y ln(a + ε).  Keras: poisson"""

    kind = "poisson"
    source: ClassVar[str] = "Keras: poisson"
    epsilon: float = EPSILON

    def of_output(self) -> tuple[Equation, Equation]:
        """Return a - y ln(a + ε) and its way back."""
        return partial(poisson, epsilon=self.epsilon), partial(poisson_backward, epsilon=self.epsilon)
