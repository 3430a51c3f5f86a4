"""The hyperbolic tangent."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from reference.layers.activation import Activation, Function


def tanh(Z: Any) -> Any:
    """Hyperbolic tangent, elementwise.  Z [N, n] -> [N, n].  (5)"""
    return np.tanh(Z)


def tanh_slope(A: Any) -> Any:
    """Its derivative, 1 - a², from what it gave.  A [N, n] -> [N, n].  (5)"""
    return 1 - A * A


@dataclass(frozen=True)
class Tanh(Activation):
    """A = tanh Z.  (5)"""

    kind = "tanh"
    slope_reads_output = True

    @property
    def function(self) -> Function:
        """The function `tanh`."""
        return tanh

    @property
    def slope(self) -> Function:
        """The derivative, a function of A."""
        return tanh_slope
