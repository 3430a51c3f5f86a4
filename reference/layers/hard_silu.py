"""Hard SiLU, also called hard swish: z times its hard sigmoid."""

from dataclasses import dataclass
from typing import Any

from reference.layers.activation import Activation, Function
from reference.layers.hard_sigmoid import between_the_kinks, hard_sigmoid
from reference.operations import product


def hard_silu(Z: Any) -> Any:
    """z times its hard sigmoid, elementwise.  Z [N, n] -> [N, n].  Howard et al. 2019"""
    return Z * hard_sigmoid(Z)


def hard_silu_slope(Z: Any) -> Any:
    """Its derivative: the hard sigmoid, and z/6 more between the kinks.  Z [N, n] -> [N, n].  Howard et al. 2019"""
    return hard_sigmoid(Z) + between_the_kinks(Z, Z * (1 / 6))


def hard_silu_backward(dA: Any, Z: Any) -> Any:
    """dA times each term of that slope, added as TensorFlow adds them.  dA, Z [N, n] -> dZ [N, n].  (18), (18b)

    TensorFlow multiplies dA by z and divides by 6. Its compilers multiply dA or z by 1/6 first.
    """
    return dA * hard_sigmoid(Z) + between_the_kinks(Z, product(dA, 1 / 6, Z))


@dataclass(frozen=True)
class HardSiLU(Activation):
    """A = Z min(max(Z + 3, 0), 6) / 6.  Howard et al. 2019"""

    kind = "hard_silu"
    equation = "Howard et al. 2019"
    scales = True

    @property
    def function(self) -> Function:
        """The function `hard_silu`."""
        return hard_silu

    @property
    def slope(self) -> Function:
        """The derivative, a function of Z."""
        return hard_silu_slope

    @property
    def back(self) -> Function:
        """The way back, from dA and Z."""
        return hard_silu_backward
