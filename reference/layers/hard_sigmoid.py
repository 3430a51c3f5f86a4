"""The hard sigmoid: a sigmoid of three straight lines."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from reference.layers.activation import Activation, Function
from reference.operations import choose


def hard_sigmoid(Z: Any) -> Any:
    """z + 3, cut to 0 and 6, over 6, elementwise.  Z [N, n] -> [N, n].  Courbariaux et al. 2015; Keras

    TensorFlow's compilers turn the division by 6 into a product with 1/6, and so does this equation.
    """
    return np.minimum(np.maximum(Z + 3, 0), 6) * (1 / 6)


def between_the_kinks(Z: Any, inside: Any) -> Any:
    """`inside` where 0 < z + 3 < 6, and 0 elsewhere.  Z, inside [N, n] -> [N, n].  Keras: hard_sigmoid"""
    R = Z + 3  # rounded: for a z just below 3 it may be 6
    return choose(R > 0, choose(R < 6, inside, 0.0), 0.0)


def hard_sigmoid_slope(Z: Any) -> Any:
    """Its derivative: 1/6, and 0 at the kinks and beyond.  Z [N, n] -> [N, n].  Courbariaux et al. 2015; Keras"""
    return between_the_kinks(Z, 1 / 6)


def hard_sigmoid_backward(dA: Any, Z: Any) -> Any:
    """dA times that slope.  dA, Z [N, n] -> dZ [N, n].  (18), (18b)"""
    return between_the_kinks(Z, dA * (1 / 6))


@dataclass(frozen=True)
class HardSigmoid(Activation):
    """A = min(max(Z + 3, 0), 6) / 6.  Courbariaux et al. 2015, whose slope is 1/2; 1/6 is Keras's"""

    kind = "hard_sigmoid"
    equation = "Courbariaux et al. 2015; Keras"
    scales = True

    @property
    def function(self) -> Function:
        """The function `hard_sigmoid`."""
        return hard_sigmoid

    @property
    def slope(self) -> Function:
        """The derivative, a function of Z."""
        return hard_sigmoid_slope

    @property
    def back(self) -> Function:
        """The way back, from dA and Z."""
        return hard_sigmoid_backward
