"""Squareplus: a smooth ReLU that needs no exponential."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from reference.layers.activation import Activation, Function

B = 4  # Barron's b, and Keras's default


def squareplus(Z: Any) -> Any:
    """(z + √(z² + 4)) / 2, elementwise.  Z [N, n] -> [N, n].  Barron 2021"""
    return (Z + np.sqrt(Z * Z + B)) * 0.5


def squareplus_slope(Z: Any) -> Any:
    """Its derivative, (1 + z / √(z² + 4)) / 2.  Z [N, n] -> [N, n].  Barron 2021"""
    return squareplus_backward(1.0, Z)


def squareplus_backward(dA: Any, Z: Any) -> Any:
    """dA times each term of the slope, added as TensorFlow adds them.  dA, Z [N, n] -> dZ [N, n].  (18), (18b)

    TensorFlow's kernel for the slope of a square root multiplies by a reciprocal; it does not divide.
    """
    half = dA * 0.5
    return half + half * np.reciprocal(np.sqrt(Z * Z + B)) * Z


@dataclass(frozen=True)
class Squareplus(Activation):
    """A = (Z + √(Z² + 4)) / 2.  Barron 2021, with the b = 4 of `keras.activations.squareplus`"""

    kind = "squareplus"
    equation = "Barron 2021"

    @property
    def function(self) -> Function:
        """The function `squareplus`."""
        return squareplus

    @property
    def slope(self) -> Function:
        """The derivative, a function of Z."""
        return squareplus_slope

    @property
    def back(self) -> Function:
        """The way back, from dA and Z."""
        return squareplus_backward
