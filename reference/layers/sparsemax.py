"""Sparsemax: the probabilities nearest to z, of which many are 0.

In Keras up to 3.15 its sparsemax is wrong where more than one probability is above 0: its threshold is computed from
the sum of all partial sums (Keras's issue 23425). By Hand then says so.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from reference.layers.activation import Function
from reference.layers.along_axis import AlongAxis
from reference.operations import choose, operation, rounded_as


@operation
def simplex_threshold(Z: Any) -> Any:
    """τ for which the sum of max(z - τ, 0) of each row is 1.  Z [..., n] -> [..., 1].  Martins & Astudillo 2016, (4)

    For any set of k numbers, (their sum - 1) / k is at most τ; for those above τ it is τ. So τ is the largest of these
    quotients for the sets of all numbers that are at least z_j. No number is sorted.
    """
    *rows, n = Z.shape
    others, mine = Z.reshape(*rows, 1, n), Z.reshape(*rows, n, 1)
    at_least = others >= mine
    count = np.sum(choose(at_least, rounded_as(1.0, Z), 0.0), axis=Z.ndim)
    return np.max((np.sum(choose(at_least, others, 0.0), axis=Z.ndim) - 1) / count, axis=Z.ndim - 1, keepdims=True)


def sparsemax(Z: Any, axis: int = -1) -> Any:
    """max(z - τ, 0), row by row, or along another axis.  Z [N, n] -> [N, n].  Martins & Astudillo 2016, (3)"""
    order = [*range(Z.ndim)]
    order[axis], order[-1] = order[-1], order[axis]
    threshold = simplex_threshold(Z) if axis == -1 else simplex_threshold(Z.transpose(*order)).transpose(*order)
    return np.maximum(Z - threshold, 0)


def sparsemax_jacobian(A: Any) -> Any:
    """d a_i / d z_j = s_i (1{i = j} - s_j / Σ s) with s = 1 where a > 0.  A [N, n] -> [N, n, n].  Martins 2016, (9)"""
    S = choose(A > 0, rounded_as(1.0, A), 0.0)
    share = S / np.sum(S, axis=1, keepdims=True)
    return S[:, :, None] * (np.eye(A.shape[1]) - share[:, None, :])


def sparsemax_backward(dA: Any, A: Any, axis: int = -1) -> Any:
    """dA less its mean over the numbers above 0; 0 for the others.  dA, A [N, n] -> dZ.  Martins 2016, (9), (11)"""
    k, above = A.ndim + axis, A > 0
    count = np.maximum(
        np.sum(choose(above, rounded_as(1.0, A), 0.0), axis=k, keepdims=True), 1
    )  # one number is above 0
    return choose(above, dA - np.sum(choose(above, dA, 0.0), axis=k, keepdims=True) / count, 0.0)


@dataclass(frozen=True)
class Sparsemax(AlongAxis):
    """A = max(Z - τ, 0), row by row or along another `axis`: τ makes the sum 1.  Martins & Astudillo 2016, (3)"""

    kind = "sparsemax"
    equation = "Martins & Astudillo 2016, (3)"
    slope_equation = "Martins & Astudillo 2016, (9)"
    slope_reads_output = True

    @property
    def function(self) -> Function:
        """The function `sparsemax` along this axis."""
        return partial(sparsemax, axis=self.axis)

    @property
    def slope(self) -> Function:
        """The derivative, a matrix for each example, a function of A."""
        return sparsemax_jacobian

    @property
    def back(self) -> Function:
        """The way back, from dA and A."""
        return partial(sparsemax_backward, axis=self.axis)
