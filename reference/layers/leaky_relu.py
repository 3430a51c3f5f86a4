"""Leaky ReLU: a small part of z below 0, z elsewhere."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from reference.layers.activation import Activation, Function
from reference.operations import choose


def leaky_relu(Z: Any, negative_slope: float = 0.2) -> Any:
    """z, or a small part of it below 0, elementwise.  Z [N, n] -> [N, n].  Maas et al. 2013"""
    return choose(Z > 0, Z, Z * negative_slope)


def leaky_relu_slope(Z: Any, negative_slope: float = 0.2) -> Any:
    """Its derivative; the small one at Z = 0, as TensorFlow has it.  Z [N, n] -> [N, n].  Maas et al. 2013"""
    return choose(Z > 0, 1.0, negative_slope)


def leaky_relu_backward(dA: Any, Z: Any, negative_slope: float = 0.2) -> Any:
    """dA times that slope.  dA, Z [N, n] -> dZ [N, n].  (18), (18b)"""
    return choose(Z > 0, dA, dA * negative_slope)


@dataclass(frozen=True)
class LeakyReLU(Activation):
    """A = Z above 0, `negative_slope` times Z elsewhere.  Maas et al. 2013"""

    kind = "leaky_relu"
    equation = "Maas et al. 2013"
    scales = True
    negative_slope: float = 0.2

    def __post_init__(self) -> None:
        if not isinstance(self.negative_slope, float) or not 0 <= self.negative_slope < 1:
            text = f"must be from 0 to below 1, not {self.negative_slope!r}"
            raise ValueError(f"the negative slope of leaky_relu {text}")

    @property
    def function(self) -> Function:
        """The function `leaky_relu` with this slope."""
        return partial(leaky_relu, negative_slope=self.negative_slope)

    @property
    def slope(self) -> Function:
        """The derivative, a function of Z."""
        return partial(leaky_relu_slope, negative_slope=self.negative_slope)

    @property
    def back(self) -> Function:
        """The way back, from dA and Z."""
        return partial(leaky_relu_backward, negative_slope=self.negative_slope)
