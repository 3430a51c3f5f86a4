"""Gaussian noise: normal numbers are added in training."""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Any

from reference.layers.noise import Noise


def with_noise(A: Any, E: Any) -> Any:
    """G = A + E.  A, E [N, …] -> [N, …].  Bishop 1995"""
    return A + E


def with_noise_gradient(dG: Any) -> Any:
    """dA = dG: what is added has no part in the slope.  dG [N, …] -> [N, …].  Bishop 1995"""
    return dG


@dataclass(frozen=True)
class GaussianNoise(Noise):
    """G(k) = A + E(k), with normal numbers E(k) of mean 0 drawn anew in each step; a prediction skips it.  Bishop 1995

    `deviation` is their standard deviation. Below 1e-30 float32 numbers would lose digits, and are refused.
    """

    kind = "gaussian_noise"
    source = "Bishop 1995"
    adds = True
    deviation: float = 0.1

    def __post_init__(self) -> None:
        if not isinstance(self.deviation, float) or not self.deviation >= 1e-30 or not isfinite(self.deviation):
            raise ValueError(f"a standard deviation must be a finite number of at least 1e-30, not {self.deviation!r}")

    @property
    def standard_deviation(self) -> float:
        """The standard deviation of E(k)."""
        return self.deviation

    def functions(self) -> tuple[Callable[..., Any], Callable[..., Any], bool]:
        """Return `with_noise` and `with_noise_gradient`, which does not read E(k)."""
        return with_noise, with_noise_gradient, False
