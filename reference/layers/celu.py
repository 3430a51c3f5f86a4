"""CELU with α = 1: the function of ELU, of which Keras computes e^z - 1 and the slope in another way."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from reference.layers.activation import Activation, Function
from reference.operations import choose


def celu(Z: Any) -> Any:
    """z, or e^z - 1 below 0, elementwise.  Z [N, n] -> [N, n].  Barron 2017"""
    return choose(Z > 0, Z, _less_1(np.minimum(Z, 0)))


def _less_1(Z: Any) -> Any:
    """e^z - 1 as 2t / (1 - t) with t = tanh(z/2).  Z ≤ 0 [N, n] -> [N, n].  Barron 2017, Keras

    TensorFlow has a kernel for e^z - 1, expm1, which rounds several times: its error is up to 5.3 ulp. The bound of
    e^z less 1 is half an ulp where e^z is small, and does not cover it. The bound of tanh does.
    """
    t = np.tanh(Z * 0.5)
    return 2 * t / (1 - t)


def celu_slope(Z: Any) -> Any:
    """Its derivative, 1, or e^z below 0.  Z [N, n] -> [N, n].  Barron 2017

    At 0 it is 1. Keras has max(z, 0) + (e^min(z, 0) - 1), and TensorFlow adds the slopes of both at 0: it takes 2.
    """
    return choose(Z < 0, np.exp(np.minimum(Z, 0)), 1.0)


def celu_backward(dA: Any, Z: Any) -> Any:
    """dA times the slope of CELU.  dA, Z [N, n] -> dZ [N, n].  (18), (18b)"""
    return choose(Z < 0, dA * np.exp(np.minimum(Z, 0)), dA)


@dataclass(frozen=True)
class CELU(Activation):
    """A = Z above 0, e^Z - 1 elsewhere: CELU with the α = 1 of `keras.activations.celu`.  Barron 2017"""

    kind = "celu"
    equation = "Barron 2017"

    @property
    def function(self) -> Function:
        """The function `celu`."""
        return celu

    @property
    def slope(self) -> Function:
        """The derivative, a function of Z."""
        return celu_slope

    @property
    def back(self) -> Function:
        """The way back, from dA and Z."""
        return celu_backward
