"""The hinge loss: how far an output is from the right side of its margin. Labels are -1 and 1."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from reference.losses.elementwise import ElementwiseLoss
from reference.losses.loss import Equation
from reference.operations import choose


def signs(y: Any) -> Any:
    """Labels -1 and 1 in place of 0 and 1, if all labels of the batch are 0 or 1.  y [N, n] -> [N, n].  Keras: hinge"""
    others = np.max(choose(y == 0, 0, choose(y == 1, 0, 1)))
    return choose(others > 0, y, 2 * y - 1)


def lacking(A: Any, y: Any) -> Any:
    """1 - y a, what an output lacks to its margin.  A, y [N, n] -> [N, n].  Keras: hinge"""
    return 1 - signs(y) * A


def hinge(A: Any, y: Any) -> Any:
    """max(1 - y a, 0).  A, y [N, n] -> [N, n].  Keras: hinge"""
    return np.maximum(lacking(A, y), 0)


def hinge_backward(g: Any, A: Any, y: Any) -> Any:
    """g times its slope: -y, where 1 - y a is at least 0, as in TensorFlow.  A, y [N, n] -> [N, n].  Keras: maximum"""
    return choose(lacking(A, y) >= 0, -g * signs(y), 0.0)


@dataclass(frozen=True)
class Hinge(ElementwiseLoss):
    """The mean of max(1 - y a, 0).  Keras: hinge"""

    kind = "hinge"
    source: ClassVar[str] = "Keras: hinge"

    def of_output(self) -> tuple[Equation, Equation]:
        """Return max(1 - y a, 0) and its way back."""
        return hinge, hinge_backward
