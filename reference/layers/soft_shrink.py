"""Soft shrink, also called soft thresholding: every number comes nearer to 0, and small numbers become 0."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from reference.layers.activation import Function
from reference.layers.hard_shrink import THRESHOLD, Shrinking, beyond_the_threshold
from reference.operations import choose


def soft_shrink(Z: Any, threshold: float = THRESHOLD) -> Any:
    """z, moved towards 0 by the threshold, but not past 0.  Z [N, n] -> [N, n].  Donoho & Johnstone 1994"""
    return choose(threshold < Z, Z - threshold, choose(-threshold > Z, Z + threshold, 0.0))


def soft_shrink_slope(Z: Any, threshold: float = THRESHOLD) -> Any:
    """Its derivative; 0 at the threshold, as TensorFlow has it.  Z [N, n] -> [N, n].  (18b)"""
    return beyond_the_threshold(Z, 1.0, threshold)


def soft_shrink_backward(dA: Any, Z: Any, threshold: float = THRESHOLD) -> Any:
    """dA times that slope.  dA, Z [N, n] -> dZ [N, n].  (18), (18b)"""
    return beyond_the_threshold(Z, dA, threshold)


@dataclass(frozen=True)
class SoftShrink(Shrinking):
    """A = Z, moved towards 0 by `threshold`, but not past 0.  Donoho & Johnstone 1994"""

    kind = "soft_shrink"

    @property
    def function(self) -> Function:
        """The function `soft_shrink` with this threshold."""
        return partial(soft_shrink, threshold=self.threshold)

    @property
    def slope(self) -> Function:
        """The derivative, a function of Z."""
        return partial(soft_shrink_slope, threshold=self.threshold)

    @property
    def back(self) -> Function:
        """The way back, from dA and Z."""
        return partial(soft_shrink_backward, threshold=self.threshold)
