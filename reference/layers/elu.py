"""ELU: below 0 the exponential, less 1, in place of a straight line."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from reference.layers.activation import Activation, Function
from reference.operations import choose, product


def elu(Z: Any, alpha: float = 1.0) -> Any:
    """z, or α (e^z - 1) below 0, elementwise.  Z [N, n] -> [N, n].  Clevert et al. 2016"""
    return choose(Z > 0, Z, _below(Z, alpha))


def _below(Z: Any, alpha: float) -> Any:
    """α (e^z - 1) where z is not positive; elsewhere 0.  Z [N, n] -> [N, n].  Clevert et al. 2016"""
    E = np.exp(np.minimum(Z, 0)) - 1
    return E if alpha == 1 else E * alpha


def elu_slope(Z: Any, alpha: float = 1.0) -> Any:
    """Its derivative, 1 above 0 and α e^z elsewhere.  Z [N, n] -> [N, n].  Clevert et al. 2016"""
    return choose(Z > 0, 1.0, alpha * np.exp(np.minimum(Z, 0)))


def elu_backward(dA: Any, A: Any) -> Any:
    """dA times that slope, which is a + 1 below 0 where α is 1.  dA, A [N, n] -> dZ [N, n].  (18), (18b)"""
    return choose(A >= 0, dA, dA * (A + 1))


def elu_backward_scaled(dA: Any, Z: Any, alpha: float) -> Any:
    """dA times the slope for any α; dA is multiplied by α first.  dA, Z [N, n] -> dZ [N, n].  (18), (18b)"""
    return choose(Z > 0, dA, product(dA, alpha, _below(Z, 1.0) + 1))


@dataclass(frozen=True)
class ELU(Activation):
    """A = Z above 0, α (e^Z - 1) elsewhere.  Clevert et al. 2016"""

    kind = "elu"
    equation = "Clevert et al. 2016"
    alpha: float = 1.0

    def __post_init__(self) -> None:
        if not isinstance(self.alpha, float) or not 0 < self.alpha < float("inf"):
            raise ValueError(f"the α of elu must be a number above 0, not {self.alpha!r}")

    @property
    def scales(self) -> bool:  # type: ignore[override]
        """True unless α is 1: f multiplies by α."""
        return self.alpha != 1

    @property
    def slope_reads_output(self) -> bool:  # type: ignore[override]
        """True if α is 1: the slope below 0 is then a + 1."""
        return self.alpha == 1

    @property
    def function(self) -> Function:
        """The function `elu` with this α."""
        return partial(elu, alpha=self.alpha)

    @property
    def slope(self) -> Function:
        """The derivative: of A if α is 1, else of Z."""
        if self.alpha == 1:
            return _slope_of_output
        return partial(elu_slope, alpha=self.alpha)

    @property
    def back(self) -> Function:
        """The way back: from A if α is 1, else from Z."""
        return elu_backward if self.alpha == 1 else partial(elu_backward_scaled, alpha=self.alpha)


def _slope_of_output(A: Any) -> Any:
    """1 above 0 and a + 1 elsewhere, from what it gave.  A [N, n] -> [N, n]."""
    return choose(A >= 0, 1.0, A + 1)
