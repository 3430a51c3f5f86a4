"""GELU: z times the share of a normal distribution that lies below z, exactly or approximated by a tanh.

TensorFlow computes 1 + erf x as erfc(-x), which is right for very negative z too. It rounds 1/√2 to float32 in every
precision: in float64, a is then wrong by up to 5e-9. Of the approximation's constants it rounds 0.044715 to float32,
and √(2/π) not.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from reference.layers.activation import Activation, Function
from reference.operations import added, erfc, operation, product

OVER_ROOT_2 = float(np.float32(math.sqrt(0.5)))  # as TensorFlow has it
SLOPE_OF_ERF = 2 / math.sqrt(math.pi)  # at 0
CUBIC = float(np.float32(0.044715))  # as TensorFlow has it
ROOT_2_OVER_PI = math.sqrt(2 / math.pi)


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


@operation
def cube(Z: Any) -> Any:
    """z³, elementwise, by two products or by one kernel of TensorFlow.  Any shape -> its shape.  TensorFlow: pow"""
    return Z * Z * Z


def _tanh_of(Z: Any) -> Any:
    """tanh(√(2/π) (z + 0.044715 z³)).  Z [N, n] -> [N, n].  Hendrycks & Gimpel 2016"""
    return np.tanh((Z + cube(Z) * CUBIC) * ROOT_2_OVER_PI)


def gelu_by_tanh(Z: Any) -> Any:
    """z/2 (1 + tanh(√(2/π) (z + 0.044715 z³))), elementwise.  Z [N, n] -> [N, n].  Hendrycks & Gimpel 2016"""
    return product(0.5, Z, 1 + _tanh_of(Z))


def gelu_by_tanh_backward(dA: Any, Z: Any) -> Any:
    """dA times the slope, which is the sum of three terms, added in any order.  dA, Z [N, n] -> dZ.  (18), (18b)"""
    T = _tanh_of(Z)
    inner = product(dA, 0.5, Z, 1 - T * T, ROOT_2_OVER_PI)
    return added(product(dA, 0.5, 1 + T), inner, product(inner, CUBIC, 3, np.maximum(Z, -Z) ** 2))


def gelu_by_tanh_slope(Z: Any) -> Any:
    """(1 + t)/2 + z (1 - t²) √(2/π) (1 + 3·0.044715 z²)/2.  Z [N, n] -> [N, n].  Hendrycks & Gimpel 2016"""
    return gelu_by_tanh_backward(1.0, Z)


@dataclass(frozen=True)
class GELU(Activation):
    """A = Z/2 erfc(-Z/√2), or by a tanh if `approximate`.  Hendrycks & Gimpel 2016"""

    kind = "gelu"
    equation = "Hendrycks & Gimpel 2016"
    approximate: bool = False

    def __post_init__(self) -> None:
        if type(self.approximate) is not bool:
            raise ValueError(f"approximate of gelu must be True or False, not {self.approximate!r}")

    @property
    def function(self) -> Function:
        """The function `gelu` or `gelu_by_tanh`."""
        return gelu_by_tanh if self.approximate else gelu

    @property
    def slope(self) -> Function:
        """The derivative, a function of Z."""
        return gelu_by_tanh_slope if self.approximate else gelu_slope

    @property
    def back(self) -> Function:
        """The way back, from dA and Z."""
        return gelu_by_tanh_backward if self.approximate else gelu_backward
