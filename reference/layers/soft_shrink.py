"""Soft shrink, also called soft thresholding: every number comes nearer to 0, and small numbers become 0."""

from dataclasses import dataclass
from typing import Any

from reference.layers.activation import Activation, Function
from reference.layers.hard_shrink import THRESHOLD, beyond_the_threshold
from reference.operations import choose


def soft_shrink(Z: Any) -> Any:
    """z, moved towards 0 by 1/2, but not past 0, elementwise.  Z [N, n] -> [N, n].  Donoho & Johnstone 1994"""
    return choose(Z > THRESHOLD, Z - THRESHOLD, choose(Z < -THRESHOLD, Z + THRESHOLD, 0.0))


def soft_shrink_slope(Z: Any) -> Any:
    """Its derivative; 0 at the threshold, as TensorFlow has it.  Z [N, n] -> [N, n].  (18b)"""
    return beyond_the_threshold(Z, 1.0)


def soft_shrink_backward(dA: Any, Z: Any) -> Any:
    """dA times that slope.  dA, Z [N, n] -> dZ [N, n].  (18), (18b)"""
    return beyond_the_threshold(Z, dA)


@dataclass(frozen=True)
class SoftShrink(Activation):
    """A = Z, moved towards 0 by 1/2, but not past 0.  Donoho & Johnstone 1994; the threshold 1/2 is Keras's"""

    kind = "soft_shrink"
    equation = "Donoho & Johnstone 1994"

    @property
    def function(self) -> Function:
        """The function `soft_shrink`."""
        return soft_shrink

    @property
    def slope(self) -> Function:
        """The derivative, a function of Z."""
        return soft_shrink_slope

    @property
    def back(self) -> Function:
        """The way back, from dA and Z."""
        return soft_shrink_backward
