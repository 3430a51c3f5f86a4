"""Gaussian dropout: numbers are multiplied by normal numbers around 1 in training."""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from typing import Any

from reference.layers.noise import Noise


def times_noise(A: Any, E: Any) -> Any:
    """G = A · E, number by number.  A, E [N, …] -> [N, …].  Srivastava et al. 2014, section 10"""
    return A * E


@dataclass(frozen=True)
class GaussianDropout(Noise):
    """G(k) = A E(k), E(k) drawn anew in each step; a prediction skips it.  Srivastava et al. 2014, section 10

    E(k) are normal numbers of mean 1 and standard deviation √(rate/(1-rate)), that of what dropout multiplies by.
    """

    kind = "gaussian_dropout"
    source = "Srivastava et al. 2014, 10"
    mean = 1.0
    rate: float = 0.5

    def __post_init__(self) -> None:
        if not isinstance(self.rate, float) or not 0 < self.rate < 1:
            raise ValueError(f"a dropout rate must be above 0 and below 1, not {self.rate!r}")

    @property
    def standard_deviation(self) -> float:
        """√(rate / (1 - rate))."""
        return sqrt(self.rate / (1 - self.rate))

    def functions(self) -> tuple[Callable[..., Any], Callable[..., Any], bool]:
        """Return `times_noise` twice: the gradient is multiplied by E(k) too."""
        return times_noise, times_noise, True
