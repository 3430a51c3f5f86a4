"""SiLU, also called swish: z times its sigmoid."""

from dataclasses import dataclass
from typing import Any

from reference.layers.activation import Activation, Function
from reference.layers.sigmoid import sigmoid


def silu(Z: Any) -> Any:
    """z σ(z), where σ is the sigmoid, elementwise.  Z [N, n] -> [N, n].  Elfwing et al. 2018"""
    return Z * sigmoid(Z)


def silu_slope(Z: Any) -> Any:
    """Its derivative, σ(z) (1 + z (1 - σ(z))).  Z [N, n] -> [N, n].  Elfwing et al. 2018; Ramachandran et al. 2017"""
    S = sigmoid(Z)
    return S * (1 + Z * (1 - S))


@dataclass(frozen=True)
class SiLU(Activation):
    """A = Z σ(Z), where σ is the sigmoid.  Elfwing et al. 2018; called swish in Ramachandran et al. 2017"""

    kind = "silu"
    equation = "Elfwing et al. 2018"

    @property
    def function(self) -> Function:
        """The function `silu`."""
        return silu

    @property
    def slope(self) -> Function:
        """The derivative, a function of Z."""
        return silu_slope
