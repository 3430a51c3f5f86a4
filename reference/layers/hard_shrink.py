"""Hard shrink, also called hard thresholding: small numbers become 0."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from reference.layers.activation import Activation, Function
from reference.operations import choose

THRESHOLD = 0.5  # Keras's default


def hard_shrink(Z: Any) -> Any:
    """z, or 0 up to the threshold, elementwise.  Z [N, n] -> [N, n].  Donoho & Johnstone 1994"""
    return beyond_the_threshold(Z, Z)


def beyond_the_threshold(Z: Any, beyond: Any) -> Any:
    """`beyond` where |z| > 1/2, and 0 elsewhere.  Z, beyond [N, n] -> [N, n].  Donoho & Johnstone 1994; Keras"""
    return choose(np.maximum(Z, -Z) > THRESHOLD, beyond, 0.0)


def hard_shrink_slope(Z: Any) -> Any:
    """Its derivative; 0 at the threshold, where it jumps, as TensorFlow has it.  Z [N, n] -> [N, n].  (18b)"""
    return beyond_the_threshold(Z, 1.0)


def hard_shrink_backward(dA: Any, Z: Any) -> Any:
    """dA times that slope.  dA, Z [N, n] -> dZ [N, n].  (18), (18b)"""
    return beyond_the_threshold(Z, dA)


@dataclass(frozen=True)
class HardShrink(Activation):
    """A = Z where |Z| > 1/2, 0 elsewhere.  Donoho & Johnstone 1994; the threshold 1/2 is Keras's"""

    kind = "hard_shrink"
    equation = "Donoho & Johnstone 1994"

    @property
    def function(self) -> Function:
        """The function `hard_shrink`."""
        return hard_shrink

    @property
    def slope(self) -> Function:
        """The derivative, a function of Z."""
        return hard_shrink_slope

    @property
    def back(self) -> Function:
        """The way back, from dA and Z."""
        return hard_shrink_backward
