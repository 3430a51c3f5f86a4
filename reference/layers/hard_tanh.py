"""Hard tanh: a hyperbolic tangent of three straight lines."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from reference.layers.activation import Activation, Function
from reference.operations import choose


def hard_tanh(Z: Any) -> Any:
    """z, cut to -1 and 1, elementwise.  Z [N, n] -> [N, n].  Collobert 2004"""
    return np.maximum(np.minimum(Z, 1), -1)


def hard_tanh_slope(Z: Any) -> Any:
    """Its derivative; 1 at the kinks too, as TensorFlow has it.  Z [N, n] -> [N, n].  Collobert 2004; Keras"""
    return _up_to_the_kinks(Z, 1.0)


def hard_tanh_backward(dA: Any, Z: Any) -> Any:
    """dA times that slope.  dA, Z [N, n] -> dZ [N, n].  (18), (18b)"""
    return _up_to_the_kinks(Z, dA)


def _up_to_the_kinks(Z: Any, inside: Any) -> Any:
    """`inside` where -1 <= z <= 1, and 0 elsewhere.  Z, inside [N, n] -> [N, n].  Keras"""
    return choose(Z <= 1, choose(Z >= -1, inside, 0.0), 0.0)


@dataclass(frozen=True)
class HardTanh(Activation):
    """A = max(min(Z, 1), -1).  Collobert 2004"""

    kind = "hard_tanh"
    equation = "Collobert 2004"

    @property
    def function(self) -> Function:
        """The function `hard_tanh`."""
        return hard_tanh

    @property
    def slope(self) -> Function:
        """The derivative, a function of Z."""
        return hard_tanh_slope

    @property
    def back(self) -> Function:
        """The way back, from dA and Z."""
        return hard_tanh_backward
