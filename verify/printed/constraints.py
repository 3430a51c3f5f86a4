"""The kinds of equation between printed numbers.  Each narrows the interval of every quantity that it connects."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from verify.printed.figures import Quantity
from verify.printed.propagation import Narrowed

HALF = 0.5  # whole numbers are compared with a margin of one half, so that the slack of a bound does not matter
TINY = 5e-324  # the smallest positive float64: a lower bound for "not 0"
Boxes = Mapping[Quantity, tuple[float, float]]


@dataclass(frozen=True)
class Within:
    """The range of a quantity, known from its definition."""

    reads_itself: ClassVar[bool] = False
    equation: str
    quantity: Quantity
    low: float
    high: float

    @property
    def over(self) -> tuple[Quantity, ...]:
        """The quantities that the equation connects."""
        return (self.quantity,)

    def narrow(self, box: Boxes) -> Narrowed:
        """Yield the range."""
        yield self.quantity, self.low, self.high


@dataclass(frozen=True)
class LinearEquation:
    """low ≤ Σ c_i q_i ≤ high."""

    reads_itself: ClassVar[bool] = False
    equation: str
    terms: tuple[tuple[float, Quantity], ...]
    low: float = 0.0
    high: float = 0.0

    @property
    def over(self) -> tuple[Quantity, ...]:
        """The quantities that the equation connects."""
        return tuple(q for _, q in self.terms)

    def narrow(self, box: Boxes) -> Narrowed:
        """Yield for each quantity the interval that the other terms leave to it."""
        ends = [sorted((c * box[q][0], c * box[q][1])) for c, q in self.terms]
        for k, (c, q) in enumerate(self.terms):
            rest_low = math.fsum(e[0] for i, e in enumerate(ends) if i != k)
            rest_high = math.fsum(e[1] for i, e in enumerate(ends) if i != k)
            a, b = sorted(((self.low - rest_high) / c, (self.high - rest_low) / c))
            # the margin covers the rounding of the sums
            margin = 1e-15 * max((abs(x) for e in ends for x in e if math.isfinite(x)), default=0.0)
            yield q, a - margin, b + margin


@dataclass(frozen=True)
class Product:
    """p = a·b."""

    reads_itself: ClassVar[bool] = False
    equation: str
    p: Quantity
    a: Quantity
    b: Quantity

    @property
    def over(self) -> tuple[Quantity, ...]:
        """The quantities that the equation connects."""
        return (self.p, self.a, self.b)

    def narrow(self, box: Boxes) -> Narrowed:
        """Yield p as the product of a and b, and each factor as p over the other factor, unless that may be 0."""
        yield self.p, *_times(box[self.a], box[self.b])
        for q, other in ((self.a, self.b), (self.b, self.a)):
            low, high = box[other]
            if low > 0 or high < 0:
                yield q, *_times(box[self.p], (_inverse(high), _inverse(low)))


def _inverse(x: float) -> float:
    """Return 1/x, or an infinity with the sign of x if x is (almost) 0."""
    return 1 / x if abs(x) > 1e-300 else math.copysign(math.inf, x)


def _times(a: tuple[float, float], b: tuple[float, float]) -> tuple[float, float]:
    """Return the product of two intervals.  0 times infinity counts as 0: a factor is finite, even if unknown."""
    ends = [x * y if x and y else 0.0 for x in a for y in b]
    return min(ends), max(ends)


@dataclass(frozen=True)
class Relu:
    """a = max(0, z)."""

    reads_itself: ClassVar[bool] = False
    equation: str
    a: Quantity
    z: Quantity

    @property
    def over(self) -> tuple[Quantity, ...]:
        """The quantities that the equation connects."""
        return (self.a, self.z)

    def narrow(self, box: Boxes) -> Narrowed:
        """Yield a from z, and z from a: z equals a where a is positive."""
        low, high = box[self.z]
        yield self.a, max(0.0, low), max(0.0, high)
        a_low, a_high = box[self.a]
        yield self.z, a_low if a_low > 0 else -math.inf, a_high


@dataclass(frozen=True)
class Exponential:
    """e = exp(z)."""

    reads_itself: ClassVar[bool] = False
    equation: str
    e: Quantity
    z: Quantity

    @property
    def over(self) -> tuple[Quantity, ...]:
        """The quantities that the equation connects."""
        return (self.e, self.z)

    def narrow(self, box: Boxes) -> Narrowed:
        """Yield e as the exponential of z, and z as the logarithm of e."""
        low, high = box[self.z]
        yield self.e, _exp(low), _exp(high)
        a, b = box[self.e]
        yield self.z, math.log(a) if a > 0 else -math.inf, math.log(b) if 0 < b < math.inf else math.inf


def _exp(z: float) -> float:
    """Return e to the power z, or infinity where float64 would overflow."""
    return math.exp(z) if z < 700 else math.inf


@dataclass(frozen=True)
class Masked:
    """d = d_open where a > 0, and d = 0 where a = 0, as the slope of ReLU demands."""

    reads_itself: ClassVar[bool] = True
    equation: str
    d: Quantity
    a: Quantity
    d_open: Quantity | None = None

    @property
    def over(self) -> tuple[Quantity, ...]:
        """The quantities that the equation connects."""
        return (self.d, self.a) if self.d_open is None else (self.d, self.a, self.d_open)

    def narrow(self, box: Boxes) -> Narrowed:
        """Yield d from a and d_open, and what a d that is not 0 implies for them."""
        low, high = box[self.d]
        a_low, a_high = box[self.a]
        if a_high <= 0:
            yield self.d, 0.0, 0.0
        if low > 0 or high < 0:
            yield self.a, TINY, math.inf
        if self.d_open is not None and (a_low > 0 or low > 0 or high < 0):
            yield self.d, *box[self.d_open]
            yield self.d_open, low, high


@dataclass(frozen=True)
class OneHot:
    """y_j is 1 for the label and 0 elsewhere.  Output j stands for digit j - 1."""

    reads_itself: ClassVar[bool] = False
    equation: str
    y: Quantity
    label: Quantity
    j: int

    @property
    def over(self) -> tuple[Quantity, ...]:
        """The quantities that the equation connects."""
        return (self.y, self.label)

    def narrow(self, box: Boxes) -> Narrowed:
        """Yield y from the label, and the label from a y that is not 0."""
        low, high = box[self.label][0] - HALF, box[self.label][1] + HALF
        possible = low < self.j - 1 < high
        certain = possible and high - low < 1 + HALF
        yield self.y, float(certain), float(possible)
        if box[self.y][0] > 0:
            yield self.label, float(self.j - 1), float(self.j - 1)


@dataclass(frozen=True)
class ZeroOrOne:
    """A quantity that is 0 or 1."""

    reads_itself: ClassVar[bool] = True
    equation: str
    quantity: Quantity

    @property
    def over(self) -> tuple[Quantity, ...]:
        """The quantities that the equation connects."""
        return (self.quantity,)

    def narrow(self, box: Boxes) -> Narrowed:
        """Yield 0 or 1 once the other value is excluded."""
        low, high = box[self.quantity]
        yield self.quantity, 1.0 if low > 0 else 0.0, 0.0 if high < 1 else 1.0
