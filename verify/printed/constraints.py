"""The kinds of equation that tie printed numbers together, each narrowing intervals both ways."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from verify.printed.figures import Quantity
from verify.printed.propagation import Narrowed

HALF = 0.5  # whole numbers are told apart at their halves, so that a bound's slack does not matter
TINY = 5e-324  # "not 0": the smallest positive number
Boxes = Mapping[Quantity, tuple[float, float]]


@dataclass(frozen=True)
class Within:
    """A range that a quantity has by its definition."""

    reads_itself: ClassVar[bool] = False
    equation: str
    quantity: Quantity
    low: float
    high: float

    @property
    def over(self) -> tuple[Quantity, ...]:
        return (self.quantity,)

    def narrow(self, box: Boxes) -> Narrowed:
        yield self.quantity, self.low, self.high


@dataclass(frozen=True)
class Linear:
    """Σ c_i q_i from `low` to `high`."""

    reads_itself: ClassVar[bool] = False
    equation: str
    terms: tuple[tuple[float, Quantity], ...]
    low: float = 0.0
    high: float = 0.0

    @property
    def over(self) -> tuple[Quantity, ...]:
        return tuple(q for _, q in self.terms)

    def narrow(self, box: Boxes) -> Narrowed:
        ends = [sorted((c * box[q][0], c * box[q][1])) for c, q in self.terms]
        for k, (c, q) in enumerate(self.terms):
            rest_low = math.fsum(e[0] for i, e in enumerate(ends) if i != k)
            rest_high = math.fsum(e[1] for i, e in enumerate(ends) if i != k)
            a, b = sorted(((self.low - rest_high) / c, (self.high - rest_low) / c))
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
        return (self.p, self.a, self.b)

    def narrow(self, box: Boxes) -> Narrowed:
        yield self.p, *_times(box[self.a], box[self.b])
        for q, other in ((self.a, self.b), (self.b, self.a)):
            low, high = box[other]
            if low > 0 or high < 0:
                yield q, *_times(box[self.p], (_inverse(high), _inverse(low)))


def _inverse(x: float) -> float:
    return 1 / x if abs(x) > 1e-300 else math.copysign(math.inf, x)


def _times(a: tuple[float, float], b: tuple[float, float]) -> tuple[float, float]:
    """The interval product; 0 times infinity is 0, since the factor is finite if unknown."""
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
        return (self.a, self.z)

    def narrow(self, box: Boxes) -> Narrowed:
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
        return (self.e, self.z)

    def narrow(self, box: Boxes) -> Narrowed:
        low, high = box[self.z]
        yield self.e, _exp(low), _exp(high)
        a, b = box[self.e]
        yield self.z, math.log(a) if a > 0 else -math.inf, math.log(b) if 0 < b < math.inf else math.inf


def _exp(z: float) -> float:
    return math.exp(z) if z < 700 else math.inf


@dataclass(frozen=True)
class Masked:
    """d = d_open where a > 0, and 0 where a = 0: the slope of ReLU."""

    reads_itself: ClassVar[bool] = True
    equation: str
    d: Quantity
    a: Quantity
    d_open: Quantity | None = None

    @property
    def over(self) -> tuple[Quantity, ...]:
        return (self.d, self.a) if self.d_open is None else (self.d, self.a, self.d_open)

    def narrow(self, box: Boxes) -> Narrowed:
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
    """y_j is 1 at the label's place and 0 elsewhere; the j-th output stands for digit j - 1."""

    reads_itself: ClassVar[bool] = False
    equation: str
    y: Quantity
    label: Quantity
    j: int

    @property
    def over(self) -> tuple[Quantity, ...]:
        return (self.y, self.label)

    def narrow(self, box: Boxes) -> Narrowed:
        low, high = box[self.label][0] - HALF, box[self.label][1] + HALF
        may_be = low < self.j - 1 < high
        is_it = may_be and high - low < 1 + HALF
        yield self.y, 1.0 if is_it else 0.0, 1.0 if may_be else 0.0
        if box[self.y][0] > 0:
            yield self.label, float(self.j - 1), float(self.j - 1)


@dataclass(frozen=True)
class Whole:
    """A quantity that is 0 or 1."""

    reads_itself: ClassVar[bool] = True
    equation: str
    quantity: Quantity

    @property
    def over(self) -> tuple[Quantity, ...]:
        return (self.quantity,)

    def narrow(self, box: Boxes) -> Narrowed:
        low, high = box[self.quantity]
        yield self.quantity, 1.0 if low > 0 else 0.0, 0.0 if high < 1 else 1.0
