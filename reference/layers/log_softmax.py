"""The logarithm of the softmax: what a cross-entropy reads in place of probabilities."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from reference.layers.activation import Function
from reference.layers.along_axis import AlongAxis


def log_softmax(Z: Any, axis: int = -1) -> Any:
    """(z - max) - ln Σ e^(z - max), row by row, or along another axis.  Z [N, n] -> [N, n].  Bridle 1990; (11)

    No exponential overflows, and a logarithm is right even where the probability underflows to 0.
    """
    shifted = Z - np.max(Z, axis=Z.ndim + axis, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=Z.ndim + axis, keepdims=True))


def log_softmax_jacobian(A: Any) -> Any:
    """d a_i / d z_j = 1{i = j} - e^(a_j).  A [N, n] -> [N, n, n].  (19)"""
    return np.eye(A.shape[1]) - np.exp(A)[:, None, :]


def log_softmax_backward(dA: Any, A: Any, axis: int = -1) -> Any:
    """dA less the softmax times the sum of dA: the Jacobian, multiplied out.  dA, A [N, n] -> dZ [N, n].  (19)"""
    return dA - np.sum(dA, axis=A.ndim + axis, keepdims=True) * np.exp(A)


@dataclass(frozen=True)
class LogSoftmax(AlongAxis):
    """A = ln(e^Z / Σ e^Z), row by row, or along another `axis`.  Bridle 1990; (11)"""

    kind = "log_softmax"
    equation = "Bridle 1990"
    slope_equation = "19"
    slope_reads_output = True

    @property
    def function(self) -> Function:
        """The function `log_softmax` along this axis."""
        return partial(log_softmax, axis=self.axis)

    @property
    def slope(self) -> Function:
        """The derivative, a matrix for each example, a function of A."""
        return log_softmax_jacobian

    @property
    def back(self) -> Function:
        """The way back, from dA and A."""
        return partial(log_softmax_backward, axis=self.axis)
