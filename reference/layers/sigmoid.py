"""The sigmoid, the activation of Mazur's example."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from reference.layers.activation import Activation, Function
from reference.operations import operation, product


@operation
def sigmoid(Z: Any) -> Any:
    """1 / (1 + e^-z), the activation of Mazur's example, elementwise.  Z [N, n] -> [N, n].  (5)"""
    return np.reciprocal(1 + np.exp(-Z))


def sigmoid_slope(A: Any) -> Any:
    """Its derivative, a (1 - a), from what it gave.  A [N, n] -> [N, n].  (5)"""
    return A * (1 - A)


def sigmoid_backward(dA: Any, A: Any) -> Any:
    """dA times that slope, in the order in which TensorFlow rounds.  dA, A [N, n] -> dZ [N, n].  (18), (18b)"""
    return product(dA, A, 1 - A)


@dataclass(frozen=True)
class Sigmoid(Activation):
    """A = 1 / (1 + e^-Z).  (5)"""

    kind = "sigmoid"
    slope_reads_output = True

    @property
    def function(self) -> Function:
        """The function `sigmoid`."""
        return sigmoid

    @property
    def slope(self) -> Function:
        """The derivative, a function of A."""
        return sigmoid_slope

    @property
    def back(self) -> Function:
        """The way back, from dA and A."""
        return sigmoid_backward
