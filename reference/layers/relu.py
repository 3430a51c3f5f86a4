"""ReLU, the activation of the essay's hidden layers."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from reference.layers.activation import Activation, Function


def relu(Z: Any) -> Any:
    """Rectified linear unit, elementwise.  Z [N, n] -> [N, n].  (7a)"""
    return np.maximum(Z, 0)


def relu_slope(Z: Any) -> Any:
    """Its derivative as a mask; 0 at Z = 0, as Appendix D and TensorFlow have it.  Z [N, n] -> [N, n].  (18b)"""
    return Z > 0


@dataclass(frozen=True)
class ReLU(Activation):
    """A = max(Z, 0).  (7a), (18b)"""

    kind = "relu"
    equation = "7a"

    @property
    def function(self) -> Function:
        """The function `relu`."""
        return relu

    @property
    def slope(self) -> Function:
        """The derivative, a function of Z."""
        return relu_slope
