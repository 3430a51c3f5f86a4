"""Mish: z times the tanh of its softplus."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from reference.layers.activation import Activation, Function
from reference.layers.sigmoid import sigmoid
from reference.layers.softplus import softplus
from reference.operations import product


def mish(Z: Any) -> Any:
    """z tanh(ln(1 + e^z)), elementwise.  Z [N, n] -> [N, n].  Misra 2019"""
    return Z * np.tanh(softplus(Z))


def mish_backward(dA: Any, Z: Any) -> Any:
    """dA times the slope, which is the sum of two terms.  dA, Z [N, n] -> dZ [N, n].  (18), (18b)"""
    T = np.tanh(softplus(Z))
    return dA * T + product(dA, Z, 1 - T * T, sigmoid(Z))


def mish_slope(Z: Any) -> Any:
    """t + z (1 - t²) σ(z) with t = tanh(ln(1 + e^z)).  Z [N, n] -> [N, n].  Misra 2019"""
    return mish_backward(1.0, Z)


@dataclass(frozen=True)
class Mish(Activation):
    """A = Z tanh(ln(1 + e^Z)).  Misra 2019"""

    kind = "mish"
    equation = "Misra 2019"

    @property
    def function(self) -> Function:
        """The function `mish`."""
        return mish

    @property
    def slope(self) -> Function:
        """The derivative, a function of Z."""
        return mish_slope

    @property
    def back(self) -> Function:
        """The way back, from dA and Z."""
        return mish_backward
