"""ReLU6: a ReLU that is cut off at 6."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from reference.layers.activation import Activation, Function


def relu6(Z: Any) -> Any:
    """z, but not below 0 and not above 6, elementwise.  Z [N, n] -> [N, n].  Krizhevsky 2010"""
    return np.minimum(np.maximum(Z, 0), 6)


def relu6_slope(A: Any) -> Any:
    """Its derivative as a mask, from what it gave; 0 at 0 and 6, as TensorFlow has it.  A [N, n] -> [N, n].  (18b)"""
    return (A > 0) * (A < 6)


@dataclass(frozen=True)
class ReLU6(Activation):
    """A = min(max(Z, 0), 6).  Krizhevsky 2010, (18b)"""

    kind = "relu6"
    equation = "Krizhevsky 2010"
    slope_reads_output = True

    @property
    def function(self) -> Function:
        """The function `relu6`."""
        return relu6

    @property
    def slope(self) -> Function:
        """The derivative, a function of A."""
        return relu6_slope
