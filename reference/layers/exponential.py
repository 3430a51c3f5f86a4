"""The exponential function as an activation."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from reference.layers.activation import Activation, Function


def exponential(Z: Any) -> Any:
    """e^z, elementwise.  Z [N, n] -> [N, n].  Keras: exponential"""
    return np.exp(Z)


def exponential_slope(A: Any) -> Any:
    """Its derivative, which is what it gave.  A [N, n] -> [N, n].  Keras: exponential"""
    return A


@dataclass(frozen=True)
class Exponential(Activation):
    """A = e^Z.  Keras: exponential"""

    kind = "exponential"
    equation = "Keras: exponential"
    slope_reads_output = True

    @property
    def function(self) -> Function:
        """The function `exponential`."""
        return exponential

    @property
    def slope(self) -> Function:
        """The derivative, a function of A."""
        return exponential_slope
