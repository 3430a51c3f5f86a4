"""Softsign: a smooth step from -1 to 1 that approaches both ends slowly."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from reference.layers.activation import Activation, Function
from reference.operations import quotient


def softsign(Z: Any) -> Any:
    """z / (1 + |z|), elementwise.  Z [N, n] -> [N, n].  Turian et al. 2009"""
    return quotient(Z, _one_and_size(Z), 1)


def _one_and_size(Z: Any) -> Any:
    """1 + |z|, which is at least 1.  Z [N, n] -> [N, n].  Turian et al. 2009"""
    return np.maximum(Z, -Z) + 1


def softsign_backward(dA: Any, Z: Any) -> Any:
    """dA divided by (1 + |z|)², the reciprocal of the slope.  dA, Z [N, n] -> dZ [N, n].  (18), (18b)"""
    size = _one_and_size(Z)
    return quotient(dA, size * size, 1)


def softsign_slope(Z: Any) -> Any:
    """Its derivative, 1 / (1 + |z|)².  Z [N, n] -> [N, n].  Turian et al. 2009"""
    return softsign_backward(1, Z)


@dataclass(frozen=True)
class Softsign(Activation):
    """A = Z / (1 + |Z|).  Turian et al. 2009"""

    kind = "softsign"
    equation = "Turian et al. 2009"

    @property
    def function(self) -> Function:
        """The function `softsign`."""
        return softsign

    @property
    def slope(self) -> Function:
        """The derivative, a function of Z."""
        return softsign_slope

    @property
    def back(self) -> Function:
        """The way back, from dA and Z."""
        return softsign_backward
