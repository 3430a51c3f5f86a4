"""Learning rates that change from step to step. t counts steps from 1; Keras counts the steps done, t - 1.

Keras evaluates each schedule on single numbers, in the precision of the initial rate.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np

from reference.notation import check_numbers
from reference.operations import choose, divided, operation, rounded_as


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
    """(α_0 - α_T) (1 - (t - 1)/T)^p + α_T until step T, then α_T.  Keras: PolynomialDecay

    With `cycle`, T grows in place of that: it is the smallest multiple of T that is at least t - 1.
    """

    initial_learning_rate: float
    decay_steps: float
    end_learning_rate: float = 0.0001
    power: float = 1.0
    cycle: bool = False
    name = "polynomial_decay"

    def __post_init__(self) -> None:
        check_numbers(self)

    def __call__(self, t: Any) -> Any:
        """The learning rate α of step t.  t scalar -> scalar."""
        done = t - 1
        if not self.cycle:
            return self.after(divided(np.minimum(done, self.decay_steps), self.decay_steps))
        cycles = choose(done <= 0, rounded_as(1, t), np.ceil(done / self.decay_steps))
        return self.after(done / (self.decay_steps * cycles))

    def after(self, part: Any) -> Any:
        """The learning rate when this part of all steps is done.  part scalar -> scalar."""
        rest, gap = 1 - part, rounded_as(self.initial_learning_rate, part) - self.end_learning_rate
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
    return np.floor(done / steps) if staircase else divided(done, steps)


@dataclass(frozen=True)
class CosineDecay:
    """α_0 ((1 - a) (1 + cos π(t - 1)/T)/2 + a) until step T, then a α_0.  Keras: CosineDecay

    With a warm-up of S steps, the rate first grows from α_0 to the target in a line. Then S steps are taken off t - 1,
    and the target stands in place of α_0.
    """

    initial_learning_rate: float
    decay_steps: float
    alpha: float = 0.0
    warmup_target: float = 0.0
    warmup_steps: float = 0.0  # 0: no warm-up, and no target
    name = "cosine_decay"

    def __post_init__(self) -> None:
        check_numbers(self)

    def __call__(self, t: Any) -> Any:
        """The learning rate α of step t.  t scalar -> scalar."""
        done, first, S = t - 1, rounded_as(self.initial_learning_rate, t), self.warmup_steps
        if not S:
            return first * self.share(np.minimum(done, self.decay_steps))
        target = rounded_as(self.warmup_target, t)
        warm = (target - first) * divided(done, S) + first
        return choose(done < S, warm, target * self.share(np.minimum(done, self.decay_steps + S) - S))

    def share(self, done: Any) -> Any:
        """The share of the learning rate that is left after some steps of decay.  done scalar -> scalar."""
        return (1 - self.alpha) * half_cosine(divided(done, self.decay_steps)) + self.alpha


@dataclass(frozen=True)
class CosineDecayRestarts:
    """α_0 ((1 - a) m^i (1 + cos πf)/2 + a), f the part of period i that is done.  Loshchilov & Hutter 2017, (5)

    Period 0 has T steps, and each other q times the steps of the one before it. At its end the rate begins anew.
    """

    initial_learning_rate: float
    first_decay_steps: float
    t_mul: float = 2.0
    m_mul: float = 1.0
    alpha: float = 0.0
    name = "cosine_decay_restarts"

    def __post_init__(self) -> None:
        check_numbers(self)
        if self.first_decay_steps <= 0 or self.t_mul < 1:
            raise ValueError("cosine_decay_restarts needs first_decay_steps above 0 and t_mul of 1 or more")

    def __call__(self, t: Any) -> Any:
        """The learning rate α of step t.  t scalar -> scalar."""
        return self.within(divided(t - 1, self.first_decay_steps), self.periods(t - 1))

    def periods(self, done: Any) -> Any:
        """The number i of the period.  done scalar -> scalar."""
        T, q = self.first_decay_steps, self.t_mul
        return np.floor(done / T) if q == 1 else periods_over(done, T, q)

    def within(self, part: Any, i: Any) -> Any:
        """The learning rate in period i, when (t - 1)/T is `part`.  part, i scalars -> scalar."""
        one, q = rounded_as(1, part), self.t_mul
        if q != 1:
            past = rounded_as(q, part) ** i
            done = (part - (1 - past) / (one - q)) / past
        else:
            done = part - i
        share = (one - self.alpha) * (rounded_as(self.m_mul, part) ** i * half_cosine(done)) + self.alpha
        return self.initial_learning_rate * share


def half_cosine(part: Any) -> Any:
    """(1 + cos πf)/2: from 1 for f = 0 down to 0 for f = 1.  f scalar -> scalar.  Loshchilov & Hutter 2017, (5)"""
    return 0.5 * (1 + np.cos(np.pi * part))


@operation
def periods_over(done: Any, first: Any, factor: Any) -> Any:
    """The number of periods that are over after some steps.  Scalars -> scalar.  Loshchilov & Hutter 2017, section 3

    The first period has `first` steps, and each other `factor` >= 1 times the steps of the one before it.
    """
    return rounded_as(count_periods(done, first, factor), done)


def count_periods(done: Any, first: Any, factor: Any) -> int:
    """Count the periods that are over, exactly if the three are fractions.  Loshchilov & Hutter 2017, section 3"""
    count, length, end = 0, first, first
    while end <= done:
        length = length * factor
        count, end = count + 1, end + length
    return count


@dataclass(frozen=True)
class OwnRate:
    """A learning rate that code of the person's own gives: each step takes α as it is.  Keras: learning_rate

    `of` is the name of the class or function.
    """

    of: str
    name = "own_rate"

    def __post_init__(self) -> None:
        if not isinstance(self.of, str) or not self.of.isprintable():
            raise ValueError(f"of of {self.name} must be a name, not {self.of!r}")


Schedule = (
    ExponentialDecay | InverseTimeDecay | PolynomialDecay | PiecewiseConstantDecay | CosineDecay | CosineDecayRestarts
)
SCHEDULES: dict[str, Callable[..., Schedule]] = {kind.name: kind for kind in get_args(Schedule)}
