"""Learning rates that change from step to step. t counts steps from 1; Keras counts the steps done, t - 1.

Keras evaluates each schedule on single numbers, in the precision of the initial rate.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from reference.notation import check_numbers
from reference.operations import choose, rounded_as


@dataclass(frozen=True)
class ExponentialDecay:
    """α_0 r^((t - 1)/T), in whole steps of T with `staircase`.  Keras: ExponentialDecay"""

    initial_learning_rate: float
    decay_steps: float
    decay_rate: float
    staircase: bool = False
    name = "exponential_decay"

    def __post_init__(self) -> None:
        check_numbers(self)

    def __call__(self, t: Any) -> Any:
        """The learning rate α of step t.  t scalar -> scalar."""
        return self.initial_learning_rate * self.decay_rate ** _part(t - 1, self.decay_steps, self.staircase)


@dataclass(frozen=True)
class InverseTimeDecay:
    """α_0 / (1 + r (t - 1)/T).  Keras: InverseTimeDecay"""

    initial_learning_rate: float
    decay_steps: float
    decay_rate: float
    staircase: bool = False
    name = "inverse_time_decay"

    def __post_init__(self) -> None:
        check_numbers(self)

    def __call__(self, t: Any) -> Any:
        """The learning rate α of step t.  t scalar -> scalar."""
        return self.initial_learning_rate / (1 + self.decay_rate * _part(t - 1, self.decay_steps, self.staircase))


@dataclass(frozen=True)
class PolynomialDecay:
    """(α_0 - α_T) (1 - (t - 1)/T)^p + α_T until step T, then α_T.  Keras: PolynomialDecay"""

    initial_learning_rate: float
    decay_steps: float
    end_learning_rate: float = 0.0001
    power: float = 1.0
    name = "polynomial_decay"

    def __post_init__(self) -> None:
        check_numbers(self)

    def __call__(self, t: Any) -> Any:
        """The learning rate α of step t.  t scalar -> scalar."""
        rest = 1 - np.minimum(t - 1, self.decay_steps) / self.decay_steps
        gap = rounded_as(self.initial_learning_rate, t) - self.end_learning_rate
        return gap * (rest if self.power == 1 else rest**self.power) + self.end_learning_rate


@dataclass(frozen=True)
class PiecewiseConstantDecay:
    """One value up to and with each boundary, another after it.  Keras: PiecewiseConstantDecay"""

    boundaries: tuple[float, ...]
    values: tuple[float, ...]
    name = "piecewise_constant_decay"

    def __post_init__(self) -> None:
        check_numbers(self)
        if len(self.values) != len(self.boundaries) + 1 or list(self.boundaries) != sorted(self.boundaries):
            raise ValueError("piecewise_constant_decay needs rising boundaries and one value more than there are")

    def __call__(self, t: Any) -> Any:
        """The learning rate α of step t.  t scalar -> scalar."""
        done = t - 1
        *earlier, chosen = self.values
        for boundary, rate in zip(reversed(self.boundaries), reversed(earlier), strict=True):
            chosen = choose(done <= boundary, rate, chosen)
        return rounded_as(chosen, t)


def _part(done: Any, steps: float, staircase: bool) -> Any:
    """(t - 1)/T; with `staircase` the whole part, exact unless Keras's division rounds across a whole number."""
    return np.floor(done / steps) if staircase else done / steps


Schedule = ExponentialDecay | InverseTimeDecay | PolynomialDecay | PiecewiseConstantDecay
SCHEDULES: dict[str, Callable[..., Schedule]] = {
    s.name: s for s in (ExponentialDecay, InverseTimeDecay, PolynomialDecay, PiecewiseConstantDecay)
}
