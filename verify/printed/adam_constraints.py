"""Adam's first step as constraints between printed numbers: the size of the step, and each update."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import ClassVar

from verify.printed.constraints import TINY, Boxes
from verify.printed.figures import Quantity
from verify.printed.propagation import Narrowed

NARROW = 1e-10  # relative: an interval narrower than this counts as one number
ROUNDED = 1 + 1e-12  # a margin before nearly equal numbers are subtracted, so that rounding does not decide


@dataclass(frozen=True)
class Update:
    """Adam's first update: |u| = s·c|g| / (c|g| + ε), and u has the sign of the gradient g.

    The moments are zero before the step. c|g| is the square root in Adam's denominator. Without ε, the update would
    have the size s for every gradient that is not 0.
    """

    reads_itself: ClassVar[bool] = True
    equation: str
    u: Quantity
    g: Quantity
    s: Quantity
    epsilon: Quantity
    c: float

    @property
    def over(self) -> tuple[Quantity, ...]:
        """The quantities that the equation connects."""
        return (self.u, self.g, self.s, self.epsilon)

    def narrow(self, box: Boxes) -> Narrowed:
        """Yield the sign of g and u, then the intervals of u, s and ε.  If u may be 0, bound u and g from above."""
        (g_low, g_high), (u_low, u_high) = box[self.g], box[self.u]
        (s_low, s_high), (e_low, e_high) = box[self.s], box[self.epsilon]
        s_low, e_low = max(s_low, 0.0), max(e_low, 0.0)  # their own ranges are separate constraints
        sign = 1 if g_low > 0 or u_low > 0 else -1 if g_high < 0 or u_high < 0 else 0
        if not sign:
            yield self.u, -s_high, s_high
            largest = max(abs(u_low), abs(u_high))
            if g_low == g_high == 0:
                yield self.u, 0.0, 0.0
            elif largest * ROUNDED < s_low:  # the update is below s: g is 0, or small beside ε
                share = 0.0 if math.isinf(self.c) else largest / (self.c * (s_low / ROUNDED - largest))
                most = e_high * share if share else 0.0
                yield self.g, -most, most
            return
        yield self.g, *((TINY, math.inf) if sign > 0 else (-math.inf, -TINY))
        if sign < 0:
            (g_low, g_high), (u_low, u_high) = (-g_high, -g_low), (-u_high, -u_low)
        g_low, u_low = max(g_low, 0.0), max(u_low, 0.0)
        kept = self._kept(g_low, e_high)
        low, high = s_low * kept, s_high * self._kept(g_high, e_low)
        yield self.u, *((low, high) if sign > 0 else (-high, -low))
        yield self.s, u_low, u_high / kept if kept else math.inf
        if u_low > 0 and math.isfinite(s_high):
            yield self.epsilon, 0.0, max(0.0, self.c * g_high * (s_high / u_low * ROUNDED - 1))

    def _kept(self, g: float, epsilon: float) -> float:
        """Return c·g / (c·g + ε), the part of s that remains for a gradient of size g."""
        if not epsilon or math.isinf(g) or math.isinf(self.c):
            return 1.0
        return 0.0 if math.isinf(epsilon) or not g else self.c * g / (self.c * g + epsilon)


@dataclass(frozen=True)
class UpdateFormula:
    """s = f(p, q, …), where f is monotone in each parameter on its range."""

    reads_itself: ClassVar[bool] = False
    equation: str
    s: Quantity
    parameters: tuple[Quantity, ...]
    ranges: tuple[tuple[float, float], ...]
    f: Callable[..., float]

    @property
    def over(self) -> tuple[Quantity, ...]:
        """The quantities that the equation connects."""
        return (self.s, *self.parameters)

    def narrow(self, box: Boxes) -> Narrowed:
        """Yield s as the image of f, and each parameter as the interval that s leaves to it."""
        intervals = tuple(
            (max(box[q][0], low), min(box[q][1], high))
            for q, (low, high) in zip(self.parameters, self.ranges, strict=True)
        )
        if any(low > high for low, high in intervals):
            return
        low, high = _image(self.f, intervals)
        yield self.s, low * (1 - NARROW), high * (1 + NARROW)
        for k, q in enumerate(self.parameters):
            yield q, *_preimage(self.f, intervals, k, box[self.s])


Ends = tuple[tuple[float, float], ...]


@lru_cache(maxsize=4096)
def _image(f: Callable[..., float], intervals: Ends) -> tuple[float, float]:
    """Return the smallest and the largest value of f on a box.  Both lie at corners, since f is monotone."""
    ends = ((low,) if high - low <= NARROW * abs(high) else (low, high) for low, high in intervals)
    values = [f(*corner) for corner in product(*ends)]
    return min(values), max(values)


@lru_cache(maxsize=4096)
def _preimage(f: Callable[..., float], intervals: Ends, k: int, s: tuple[float, float]) -> tuple[float, float]:
    """Return the interval of parameter k outside which f cannot reach s.  Each end is found by bisection."""

    def possible(a: float, b: float) -> bool:
        low, high = _image(f, (*intervals[:k], (a, b), *intervals[k + 1 :]))
        return low <= s[1] * (1 + NARROW) and s[0] <= high * (1 + NARROW)

    low, high = intervals[k]
    if high - low <= 1e-9 * high or not possible(low, high):
        return intervals[k]
    ends = []
    for start, stop in ((low, high), (high, low)):
        a, b = start, stop  # start to a is impossible, start to b is possible
        for _ in range(40):
            middle = (a + b) / 2
            a, b = (a, middle) if possible(*sorted((start, middle))) else (middle, b)
        ends.append(start if possible(start, start) else a)
    return min(ends), max(ends)
