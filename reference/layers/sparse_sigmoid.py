"""The sparse sigmoid: a sigmoid of three straight lines, the slope of sparse plus."""

from dataclasses import dataclass
from typing import Any

from reference.layers.activation import Activation, Function
from reference.operations import choose


def sparse_sigmoid(Z: Any) -> Any:
    """(z + 1) / 2, but 0 from -1 down and 1 from 1 up, elementwise.  Z [N, n] -> [N, n].  Blondel et al. 2020"""
    return choose(Z <= -1, 0.0, choose(Z >= 1, 1.0, (Z + 1) * 0.5))


def sparse_sigmoid_slope(Z: Any) -> Any:
    """Its derivative: 1/2, and 0 at the kinks and beyond, as TensorFlow has it.  Z [N, n] -> [N, n].  (18b)"""
    return _between_the_kinks(Z, 0.5)


def sparse_sigmoid_backward(dA: Any, Z: Any) -> Any:
    """dA times that slope.  dA, Z [N, n] -> dZ [N, n].  (18), (18b)"""
    return _between_the_kinks(Z, dA * 0.5)


def _between_the_kinks(Z: Any, inside: Any) -> Any:
    """`inside` where -1 < z < 1, and 0 elsewhere.  Z, inside [N, n] -> [N, n].  Keras: sparse_sigmoid"""
    return choose(Z <= -1, 0.0, choose(Z >= 1, 0.0, inside))


@dataclass(frozen=True)
class SparseSigmoid(Activation):
    """A = min(max((Z + 1) / 2, 0), 1).  Blondel et al. 2020"""

    kind = "sparse_sigmoid"
    equation = "Blondel et al. 2020"

    @property
    def function(self) -> Function:
        """The function `sparse_sigmoid`."""
        return sparse_sigmoid

    @property
    def slope(self) -> Function:
        """The derivative, a function of Z."""
        return sparse_sigmoid_slope

    @property
    def back(self) -> Function:
        """The way back, from dA and Z."""
        return sparse_sigmoid_backward
