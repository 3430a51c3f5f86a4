"""Threshold: numbers up to a threshold are replaced by one number."""

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

from reference.layers.activation import Activation, Function
from reference.operations import choose


def replaced(Z: Any, threshold: float, default_value: float) -> Any:
    """z above the threshold, another number elsewhere, elementwise.  Z [N, n] -> [N, n].  Keras: threshold"""
    return choose(threshold < Z, Z, default_value)


def replaced_slope(Z: Any, threshold: float) -> Any:
    """Its derivative as a mask; 0 at the threshold, where it jumps.  Z [N, n] -> [N, n].  Keras: threshold"""
    return choose(threshold < Z, 1.0, 0.0)


def replaced_backward(dA: Any, Z: Any, threshold: float) -> Any:
    """dA above the threshold, 0 elsewhere.  dA, Z [N, n] -> dZ [N, n].  (18), (18b)"""
    return choose(threshold < Z, dA, 0.0)


@dataclass(frozen=True)
class Threshold(Activation):
    """A = Z where Z > `threshold`, `default_value` elsewhere.  Keras: threshold"""

    kind = "threshold"
    equation = "Keras: threshold"
    threshold: float = 0.0
    default_value: float = 0.0

    def __post_init__(self) -> None:
        for number in (self.threshold, self.default_value):
            if type(number) is not float or not math.isfinite(number):
                raise ValueError(f"threshold and default_value of threshold must be numbers, not {number!r}")

    @property
    def function(self) -> Function:
        """The function `replaced` with this threshold."""
        return partial(replaced, threshold=self.threshold, default_value=self.default_value)

    @property
    def slope(self) -> Function:
        """The derivative, a function of Z."""
        return partial(replaced_slope, threshold=self.threshold)

    @property
    def back(self) -> Function:
        """The way back, from dA and Z."""
        return partial(replaced_backward, threshold=self.threshold)
