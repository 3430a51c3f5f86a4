"""Sparse plus: a smooth ReLU of two straight lines and a parabola between them."""

from dataclasses import dataclass
from typing import Any

from reference.layers.activation import Activation, Function
from reference.layers.sparse_sigmoid import sparse_sigmoid
from reference.operations import choose


def sparse_plus(Z: Any) -> Any:
    """(z + 1)² / 4, but 0 from -1 down and z from 1 up, elementwise.  Z [N, n] -> [N, n].  Keras: sparse_plus"""
    return choose(Z <= -1, 0.0, choose(Z < 1, (Z + 1) ** 2 * 0.25, Z))


def sparse_plus_backward(dA: Any, Z: Any) -> Any:
    """dA times the slope, which is the sparse sigmoid of z.  dA, Z [N, n] -> dZ [N, n].  (18), (18b)"""
    return choose(Z <= -1, 0.0, choose(Z < 1, dA * 0.5 * (Z + 1), dA))


@dataclass(frozen=True)
class SparsePlus(Activation):
    """A = 0 up to -1, (Z + 1)² / 4 from there to 1, Z from there on.  Keras: sparse_plus"""

    kind = "sparse_plus"
    equation = "Keras: sparse_plus"

    @property
    def function(self) -> Function:
        """The function `sparse_plus`."""
        return sparse_plus

    @property
    def slope(self) -> Function:
        """The derivative, a function of Z: the sparse sigmoid."""
        return sparse_sigmoid

    @property
    def back(self) -> Function:
        """The way back, from dA and Z."""
        return sparse_plus_backward
