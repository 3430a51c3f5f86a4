"""Hard shrink, also called hard thresholding: small numbers become 0."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from reference.layers.activation import Activation, Function
from reference.operations import choose

THRESHOLD = 0.5  # Keras's default


def hard_shrink(Z: Any, threshold: float = THRESHOLD) -> Any:
    """z, or 0 up to the threshold, elementwise.  Z [N, n] -> [N, n].  Donoho & Johnstone 1994"""
    return beyond_the_threshold(Z, Z, threshold)


def beyond_the_threshold(Z: Any, beyond: Any, threshold: float = THRESHOLD) -> Any:
    """`beyond` where |z| > threshold, and 0 elsewhere.  Z, beyond [N, n] -> [N, n].  Donoho & Johnstone 1994"""
    return choose(np.maximum(Z, -Z) > threshold, beyond, 0.0)


def hard_shrink_slope(Z: Any, threshold: float = THRESHOLD) -> Any:
    """Its derivative; 0 at the threshold, where it jumps, as TensorFlow has it.  Z [N, n] -> [N, n].  (18b)"""
    return beyond_the_threshold(Z, 1.0, threshold)


def hard_shrink_backward(dA: Any, Z: Any, threshold: float = THRESHOLD) -> Any:
    """dA times that slope.  dA, Z [N, n] -> dZ [N, n].  (18), (18b)"""
    return beyond_the_threshold(Z, dA, threshold)


@dataclass(frozen=True)
class Shrinking(Activation):
    """An activation that brings numbers up to a `threshold` to 0. Keras's default of the threshold is 1/2."""

    equation = "Donoho & Johnstone 1994"
    threshold: float = THRESHOLD

    def __post_init__(self) -> None:
        if type(self.threshold) is not float or not 0 <= self.threshold < float("inf"):
            raise ValueError(f"the threshold of {self.kind} must be a number of 0 or more, not {self.threshold!r}")


@dataclass(frozen=True)
class HardShrink(Shrinking):
    """A = Z where |Z| > `threshold`, 0 elsewhere.  Donoho & Johnstone 1994"""

    kind = "hard_shrink"

    @property
    def function(self) -> Function:
        """The function `hard_shrink` with this threshold."""
        return partial(hard_shrink, threshold=self.threshold)

    @property
    def slope(self) -> Function:
        """The derivative, a function of Z."""
        return partial(hard_shrink_slope, threshold=self.threshold)

    @property
    def back(self) -> Function:
        """The way back, from dA and Z."""
        return partial(hard_shrink_backward, threshold=self.threshold)
