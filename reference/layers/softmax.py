"""The softmax, the activation of the essay's output layer: probabilities of the classes."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from reference.layers.activation import Function
from reference.layers.along_axis import AlongAxis


def exponentials(Z: Any, axis: int = -1) -> Any:
    """e^z of each z less the largest of its row.  Z [N, n] -> [N, n].  (11)

    Numerator and denominator of (11) are both divided by e^max: the quotient is the same, and no
    exponential overflows. TensorFlow does the same, and rounds at the same operations.
    """
    return np.exp(Z - np.max(Z, axis=Z.ndim + axis, keepdims=True))


def softmax(Z: Any, axis: int = -1) -> Any:
    """Exponentials over their sum, row by row, or along another axis.  Z [N, n] -> [N, n], sums are 1.  (11)"""
    E = exponentials(Z, axis)
    return E * np.reciprocal(np.sum(E, axis=E.ndim + axis, keepdims=True))


def softmax_jacobian(A: Any) -> Any:
    """d a_i / d z_j = a_i (1{i = j} - a_j).  A [N, n] -> [N, n, n].  (19)"""
    n = A.shape[1]
    return A[:, :, None] * (np.eye(n) - A[:, None, :])


def softmax_backward(dA: Any, A: Any, axis: int = -1) -> Any:
    """A gradient times the Jacobian, multiplied out.  dA, A [N, n] -> dZ [N, n].  (19)"""
    return A * (dA - np.sum(A * dA, axis=A.ndim + axis, keepdims=True))


@dataclass(frozen=True)
class Softmax(AlongAxis):
    """A = e^Z / Σ e^Z, row by row, or along another `axis`: it couples the nodes of its layer.  (11), (19)"""

    kind = "softmax"
    equation = "11"
    slope_equation = "19"
    slope_reads_output = True

    @property
    def function(self) -> Function:
        """The function `softmax` along this axis."""
        return softmax if self.axis == -1 else partial(softmax, axis=self.axis)

    @property
    def slope(self) -> Function:
        """The derivative, a matrix for each example, a function of A."""
        return softmax_jacobian

    @property
    def back(self) -> Function:
        """The way back, from dA and A."""
        return softmax_backward if self.axis == -1 else partial(softmax_backward, axis=self.axis)
