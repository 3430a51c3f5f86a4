"""Tanh shrink: z less its hyperbolic tangent."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from reference.layers.activation import Activation, Function


def tanh_shrink(Z: Any) -> Any:
    """z - tanh z, elementwise.  Z [N, n] -> [N, n].  Keras: tanh_shrink"""
    return Z - np.tanh(Z)


def tanh_shrink_slope(Z: Any) -> Any:
    """Its derivative, tanh² z.  Z [N, n] -> [N, n].  Keras: tanh_shrink"""
    T = np.tanh(Z)
    return T * T


def tanh_shrink_backward(dA: Any, Z: Any) -> Any:
    """dA less dA times the slope of tanh, as TensorFlow has it.  dA, Z [N, n] -> dZ [N, n].  (18), (18b)

    It is dA tanh² z, but near z = 0 the rounding errors of this difference are large against its value.
    """
    T = np.tanh(Z)
    return dA - dA * (1 - T * T)


@dataclass(frozen=True)
class TanhShrink(Activation):
    """A = Z - tanh Z.  Keras: tanh_shrink"""

    kind = "tanh_shrink"
    equation = "Keras: tanh_shrink"

    @property
    def function(self) -> Function:
        """The function `tanh_shrink`."""
        return tanh_shrink

    @property
    def slope(self) -> Function:
        """The derivative, a function of Z."""
        return tanh_shrink_slope

    @property
    def back(self) -> Function:
        """The way back, from dA and Z."""
        return tanh_shrink_backward
