"""Adam's first step as constraints between printed numbers: its size, and what it makes of each gradient."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from verify.printed.constraints import TINY, Boxes
from verify.printed.figures import Quantity
from verify.printed.propagation import Narrowed

NARROW = 1e-10  # relative: so narrow an interval of a coefficient is taken as one number
ROUNDED = 1 + 1e-12  # before two nearly equal numbers are subtracted: their own rounding must not decide


@dataclass(frozen=True)
class Update:
    """η∇C of Adam from zero moments: sign(g)·s, one size s for every gradient that is not 0, less what ε takes.

    |u| = s·c|g| / (c|g| + ε), where c|g| is the root in Adam's denominator.
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
        return (self.u, self.g, self.s, self.epsilon)

    def narrow(self, box: Boxes) -> Narrowed:
        (g_low, g_high), (u_low, u_high) = box[self.g], box[self.u]
        (s_low, s_high), (e_low, e_high) = box[self.s], box[self.epsilon]
        s_low, e_low = max(s_low, 0.0), max(e_low, 0.0)  # read alone, without the ranges they have
        sign = 1 if g_low > 0 or u_low > 0 else -1 if g_high < 0 or u_high < 0 else 0
        if not sign:
            yield self.u, -s_high, s_high
            largest = max(abs(u_low), abs(u_high))
            if g_low == g_high == 0:
                yield self.u, 0.0, 0.0
            elif largest * ROUNDED < s_low:  # so small a step: the gradient is 0, or ε outweighs it
                share = 0.0 if math.isinf(self.c) else largest / (self.c * (s_low / ROUNDED - largest))
                most = e_high * share if share else 0.0
                yield self.g, -most, most
            return
        yield self.g, *((TINY, math.inf) if sign > 0 else (-math.inf, -TINY))
        if sign < 0:
            (g_low, g_high), (u_low, u_high) = (-g_high, -g_low), (-u_high, -u_low)
        g_low, u_low = max(g_low, 0.0), max(u_low, 0.0)
        low, high = s_low * self._kept(g_low, e_high), s_high * self._kept(g_high, e_low)
        yield self.u, *((low, high) if sign > 0 else (-high, -low))
        yield self.s, u_low, u_high / self._kept(g_low, e_high) if self._kept(g_low, e_high) else math.inf
        if u_low > 0 and math.isfinite(s_high):
            yield self.epsilon, 0.0, max(0.0, self.c * g_high * (s_high / u_low * ROUNDED - 1))

    def _kept(self, g: float, epsilon: float) -> float:
        """The share that ε leaves of a step for a gradient of size g."""
        if not epsilon or math.isinf(g) or math.isinf(self.c):
            return 1.0
        return 0.0 if math.isinf(epsilon) or not g else self.c * g / (self.c * g + epsilon)


@dataclass(frozen=True)
class Formula:
    """s = f(p, q, …), monotone in each parameter on the ranges given."""

    reads_itself: ClassVar[bool] = False
    equation: str
    s: Quantity
    parameters: tuple[Quantity, ...]
    ranges: tuple[tuple[float, float], ...]
    f: Callable[..., float]

    @property
    def over(self) -> tuple[Quantity, ...]:
        return (self.s, *self.parameters)

    def narrow(self, box: Boxes) -> Narrowed:
        known = [
            (max(box[q][0], low), min(box[q][1], high))
            for q, (low, high) in zip(self.parameters, self.ranges, strict=True)
        ]
        if any(a > b for a, b in known):
            return
        low, high = _image(self.f, tuple(known))
        yield self.s, low * (1 - NARROW), high * (1 + NARROW)
        for k, q in enumerate(self.parameters):
            yield q, *_preimage(self.f, tuple(known), k, box[self.s])


Ends = tuple[tuple[float, float], ...]


@lru_cache(maxsize=4096)
def _image(f: Callable[..., float], known: Ends) -> tuple[float, float]:
    corners: list[tuple[float, ...]] = [()]
    for low, high in known:
        corners = [(*c, end) for c in corners for end in ((low,) if high - low <= NARROW * abs(high) else (low, high))]
    ends = [f(*corner) for corner in corners]
    return min(ends), max(ends)


@lru_cache(maxsize=4096)
def _preimage(f: Callable[..., float], known: Ends, k: int, s: tuple[float, float]) -> tuple[float, float]:
    """The smallest interval of parameter k outside which s cannot be met: bisection from either end."""

    def possible(a: float, b: float) -> bool:
        low, high = _image(f, (*known[:k], (a, b), *known[k + 1 :]))
        return low <= s[1] * (1 + NARROW) and s[0] <= high * (1 + NARROW)

    low, high = known[k]
    if high - low <= 1e-9 * high or not possible(low, high):
        return known[k]
    ends = []
    for start, stop in ((low, high), (high, low)):
        a, b = start, stop  # [start, a] impossible, the first possible lies before b
        for _ in range(40):
            middle = (a + b) / 2
            a, b = (a, middle) if possible(*sorted((start, middle))) else (middle, b)
        ends.append(start if possible(start, start) else a)
    return min(ends), max(ends)
