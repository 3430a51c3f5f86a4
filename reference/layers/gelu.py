"""GELU: z times the share of a normal distribution that lies below z.

TensorFlow computes 1 + erf x as erfc(-x), which is right for very negative z too. It rounds 1/√2 to float32 in every
precision: in float64, a is then wrong by up to 5e-9.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from reference.layers.activation import Activation, Function
from reference.operations import erfc, product

OVER_ROOT_2 = float(np.float32(math.sqrt(0.5)))  # as TensorFlow has it
SLOPE_OF_ERF = 2 / math.sqrt(math.pi)  # at 0


def gelu(Z: Any) -> Any:
    """z/2 erfc(-z/√2), elementwise.  Z [N, n] -> [N, n].  Hendrycks & Gimpel 2016"""
    return product(0.5, Z, erfc(-Z * OVER_ROOT_2))


def gelu_backward(dA: Any, Z: Any) -> Any:
    """dA times the slope, which is the sum of two terms.  dA, Z [N, n] -> dZ [N, n].  (18), (18b)"""
    X = -Z * OVER_ROOT_2
    return product(dA, 0.5, erfc(X)) + product(dA, 0.5, Z, SLOPE_OF_ERF, np.exp(-(X * X)), OVER_ROOT_2)


def gelu_slope(Z: Any) -> Any:
    """erfc(-z/√2)/2 + z e^(-z²/2)/√(2π).  Z [N, n] -> [N, n].  Hendrycks & Gimpel 2016"""
    return gelu_backward(1.0, Z)


@dataclass(frozen=True)
class GELU(Activation):
    """A = Z/2 erfc(-Z/√2).  Hendrycks & Gimpel 2016"""

    kind = "gelu"
    equation = "Hendrycks & Gimpel 2016"

    @property
    def function(self) -> Function:
        """The function `gelu`."""
        return gelu

    @property
    def slope(self) -> Function:
        """The derivative, a function of Z."""
        return gelu_slope

    @property
    def back(self) -> Function:
        """The way back, from dA and Z."""
        return gelu_backward
