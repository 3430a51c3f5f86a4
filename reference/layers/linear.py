"""No activation: A is Z, unchanged."""

from dataclasses import dataclass
from typing import Any

from reference.layers.activation import Activation, Function


def linear(Z: Any) -> Any:
    """The activation that changes nothing.  Z [N, n] -> [N, n].  (5)"""
    return Z


def linear_slope(Z: Any) -> Any:
    """Its derivative, 1 everywhere.  Z [N, n] -> scalar.  (5)"""
    return 1.0


def linear_backward(dA: Any, Z: Any) -> Any:
    """dA times that slope: dA itself.  dA, Z [N, n] -> dZ [N, n].  (18), (18b)"""
    return dA


@dataclass(frozen=True)
class Linear(Activation):
    """A = Z.  (5)"""

    kind = "linear"

    @property
    def function(self) -> Function:
        """The function `linear`."""
        return linear

    @property
    def slope(self) -> Function:
        """The derivative, 1 everywhere."""
        return linear_slope

    @property
    def back(self) -> Function:
        """The way back: dZ is dA."""
        return linear_backward
