"""The squared hinge loss."""

from dataclasses import dataclass
from typing import Any, ClassVar

from reference.losses.elementwise import ElementwiseLoss
from reference.losses.hinge import hinge, lacking, signs
from reference.losses.loss import Equation
from reference.operations import choose, product


def squared_hinge(A: Any, y: Any) -> Any:
    """max(1 - y a, 0)².  A, y [N, n] -> [N, n].  Keras: squared_hinge"""
    M = hinge(A, y)
    return M * M


def squared_hinge_backward(g: Any, A: Any, y: Any) -> Any:
    """g times its slope: -2 y max(1 - y a, 0).  g scalar, A, y [N, n] -> [N, n].  Keras: squared_hinge"""
    M = lacking(A, y)
    return choose(M >= 0, product(g, 2, M, -signs(y)), 0.0)


@dataclass(frozen=True)
class SquaredHinge(ElementwiseLoss):
    """The mean of max(1 - y a, 0)².  Keras: squared_hinge"""

    kind = "squared_hinge"
    source: ClassVar[str] = "Keras: squared_hinge"

    def of_output(self) -> tuple[Equation, Equation]:
        """Return max(1 - y a, 0)² and its way back."""
        return squared_hinge, squared_hinge_backward
