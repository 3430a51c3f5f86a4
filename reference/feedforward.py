"""Section 1.1 and 2.1: from the pixels to the prediction."""

from collections.abc import Callable
from typing import Any

import numpy as np

from reference.operations import operation


def node_sum(x: Any, w: Any, b: Any) -> Any:
    """One node, written out as products.  x, w [n], b scalar -> scalar.  (1)"""
    return sum(x_i * w_i for x_i, w_i in zip(x, w, strict=True)) + b


def node_dot(x: Any, w: Any, b: Any) -> Any:
    """The same as a dot product.  x, w [n], b scalar -> scalar.  (2)"""
    return np.dot(x, w) + b


def node_activation(z: Any, f: Callable[[Any], Any]) -> Any:
    """What the node puts out, a = f(z), elementwise f.  z scalar -> scalar.  (3)"""
    return f(z)


@operation
def weighted_sum(X: Any, W: Any, B: Any) -> Any:
    """A layer's summation, Z = X·W + B.  X [N, m], W [m, n], B [1, n] -> [N, n].  (4), (6), (8), (8a), (9)"""
    return X @ W + B


def weighted_sum_without_bias(X: Any, W: Any) -> Any:
    """The same of a layer that has no bias, Z = X·W.  X [N, m], W [m, n] -> [N, n].  (4)"""
    return X @ W


def activation(Z: Any, f: Callable[[Any], Any]) -> Any:
    """A layer's activation, A = f(Z), f from Table 1.  Z [N, n] -> [N, n].  (5), (10)"""
    return f(Z)
