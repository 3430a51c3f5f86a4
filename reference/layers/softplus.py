"""Softplus: a smooth ReLU, whose slope is the sigmoid."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from reference.layers.activation import Activation, Function
from reference.layers.sigmoid import sigmoid
from reference.operations import operation


@operation
def softplus(Z: Any) -> Any:
    """ln(1 + e^z), with the larger of z and 0 taken out, elementwise.  Z [N, n] -> [N, n].  Dugas et al. 2001"""
    return np.maximum(Z, 0) + np.log(1 + np.exp(-np.maximum(Z, -Z)))


def softplus_backward(dA: Any, Z: Any) -> Any:
    """dA times the slope, which is the sigmoid of z.  dA, Z [N, n] -> dZ [N, n].  (18), (18b)"""
    return dA * sigmoid(Z)


@dataclass(frozen=True)
class Softplus(Activation):
    """A = ln(1 + e^Z).  Dugas et al. 2001"""

    kind = "softplus"
    equation = "Dugas et al. 2001"

    @property
    def function(self) -> Function:
        """The function `softplus`."""
        return softplus

    @property
    def slope(self) -> Function:
        """The derivative, a function of Z: the sigmoid."""
        return sigmoid

    @property
    def back(self) -> Function:
        """The way back, from dA and Z."""
        return softplus_backward
