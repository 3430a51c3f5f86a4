"""Exact arithmetic on arrays: whole numbers over one common denominator.

+, -, ×, ÷ and comparisons are exact; `exact` says whether anything in an array was rounded at all (`elementary.py`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from verify.derive.expression import CHOOSE
from verify.derive.rational_functions import exp, log, power, rounded, sqrt, tanh

BITS = 256
MOST_BITS = 1024
MANY = 16  # so many quotients are brought to one denominator; more are rounded


@dataclass(frozen=True)
class Exact:
    """`over` (an object array of whole numbers) / `under` (one whole number, positive)."""

    over: Any
    under: int
    exact: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "over", np.asarray(self.over, dtype=object))

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.over.shape)

    @property
    def T(self) -> Exact:
        return Exact(self.over.T, self.under, self.exact)

    def item(self) -> Fraction:
        """The number of an array that holds one."""
        (found,) = self.over.ravel()
        return Fraction(int(found), self.under)

    def fractions(self) -> list[Fraction]:
        return [Fraction(int(x), self.under) for x in self.over.ravel()]


def of_floats(array: Any) -> Exact:
    """What floating-point numbers stand for, exactly.  Any shape, finite."""
    mantissa, exponent = np.frexp(np.asarray(array, dtype=np.float64))
    whole = np.asarray(mantissa * 2.0**53).astype(np.int64)
    power = np.where(whole == 0, 0, exponent - 53)
    least = int(min(power.min(initial=0), 0))
    over = whole.astype(object) * np.asarray(2, dtype=object) ** (power - least).astype(object)
    return Exact(over, 1 << -least)


def of_fractions(values: list[Fraction], shape: tuple[int, ...], exact: bool) -> Exact:
    under = math.lcm(*(f.denominator for f in values))
    over = np.empty(len(values), dtype=object)
    over[:] = [f.numerator * (under // f.denominator) for f in values]
    return Exact(over.reshape(shape), under, exact)


def of_constant(value: Any, as_written: bool) -> Exact:
    """A constant: as a person writes it (0.9 is nine tenths), or the float64 number that it becomes."""
    if np.ndim(value):
        return of_floats(value)
    one = Fraction(repr(float(value))) if as_written else Fraction(float(value))
    return of_fractions([one], (), True)


def _common(a: Exact, b: Exact) -> tuple[Any, Any, int]:
    under = math.lcm(a.under, b.under)
    x, y = (np.asarray(e.over * (under // e.under), dtype=object) for e in (a, b))  # a scalar would lose the type
    return x, y, under


def _add(a: Exact, b: Exact) -> Exact:
    x, y, under = _common(a, b)
    return Exact(x + y, under, a.exact and b.exact)


def _subtract(a: Exact, b: Exact) -> Exact:
    return _add(a, _negative(b))


def _negative(a: Exact) -> Exact:
    return Exact(-a.over, a.under, a.exact)


def _multiply(a: Exact, b: Exact) -> Exact:
    return Exact(a.over * b.over, a.under * b.under, a.exact and b.exact or _nothing(a) or _nothing(b))


def _nothing(a: Exact) -> bool:
    """Exact zeros: whatever they are multiplied by, so is the product."""
    return a.exact and not np.any(a.over)


def _divide(a: Exact, b: Exact, bits: int) -> Exact:
    """Raises ZeroDivisionError."""
    if any(x == 0 for x in b.over.ravel()):
        raise ZeroDivisionError
    shape = np.broadcast_shapes(a.shape, b.shape)
    exact = a.exact and b.exact
    if b.over.size == 1:
        (by,) = b.over.ravel()
        sign = -1 if by < 0 else 1
        return Exact(np.broadcast_to(a.over * (sign * b.under), shape), a.under * abs(int(by)), exact)
    xs, ys = (np.broadcast_to(e.over, shape).ravel() for e in (a, b))
    quotients = [Fraction(int(x) * b.under, int(y) * a.under) for x, y in zip(xs, ys, strict=True)]
    if len(quotients) <= MANY:
        return of_fractions(quotients, shape, exact)
    return of_fractions([rounded(q, bits) for q in quotients], shape, False)


def _sum(a: Exact, axis: int | None, keepdims: bool) -> Exact:
    return Exact(np.sum(a.over, axis=axis, keepdims=keepdims), a.under, a.exact)


def _max(a: Exact, axis: int | None, keepdims: bool) -> Exact:
    return Exact(np.max(a.over, axis=axis, keepdims=keepdims), a.under, a.exact)


def _matmul(a: Exact, b: Exact) -> Exact:
    """Rows of zeros (dark pixels) are left out: it is by far the largest product."""
    there = [k for k in range(a.shape[1]) if np.any(a.over[:, k] != 0)]
    over = a.over[:, there] @ b.over[there] if there else np.zeros((a.shape[0], b.shape[1]), dtype=object)
    return Exact(over, a.under * b.under, a.exact and b.exact or _nothing(a) or _nothing(b))


def _compare(test: Callable[[Any, Any], Any]) -> Callable[[Exact, Exact], Exact]:
    def compared(a: Exact, b: Exact) -> Exact:
        x, y, _ = _common(a, b)
        return Exact(np.asarray(test(x, y)).astype(np.int64), 1, a.exact and b.exact)

    return compared


def _select(choose: Callable[[Any, Any], Any]) -> Callable[[Exact, Exact], Exact]:
    def selected(a: Exact, b: Exact) -> Exact:
        x, y, under = _common(a, b)
        return Exact(choose(x, y), under, a.exact and b.exact)

    return selected


def _choose(mask: Exact, a: Exact, b: Exact) -> Exact:
    x, y, under = _common(a, b)
    return Exact(np.where(mask.over.astype(bool), x, y), under, mask.exact and a.exact and b.exact)


def _floor(a: Exact) -> Exact:
    return Exact(a.over // a.under, 1, a.exact)


def _elementwise(function: Callable[[Fraction, int], tuple[Fraction, bool]]) -> Callable[[Exact, int], Exact]:
    def each(a: Exact, bits: int) -> Exact:
        found = [function(x, bits) for x in a.fractions()]
        return of_fractions([f for f, _ in found], a.shape, a.exact and all(e for _, e in found))

    return each


def _power(a: Exact, b: Exact, bits: int) -> Exact:
    """One exponent.  Raises ArithmeticError where it has no value."""
    found = [power(x, b.item(), bits) for x in a.fractions()]
    return of_fractions([f for f, _ in found], a.shape, a.exact and b.exact and all(e for _, e in found))


SIMPLE: dict[str, Callable[..., Exact]] = {
    "add": _add, "subtract": _subtract, "multiply": _multiply, "negative": _negative, "matmul": _matmul,
    "maximum": _select(np.maximum), "minimum": _select(np.minimum), "floor": _floor, CHOOSE: _choose,
    "greater": _compare(np.greater), "greater_equal": _compare(np.greater_equal), "less": _compare(np.less),
    "less_equal": _compare(np.less_equal), "equal": _compare(np.equal),
}  # fmt: skip
ROUNDED: dict[str, Callable[..., Exact]] = {
    "divide": _divide, "power": _power, "exp": _elementwise(exp), "log": _elementwise(log),
    "sqrt": _elementwise(sqrt), "tanh": _elementwise(tanh),
    "reciprocal": lambda a, bits: _divide(of_fractions([Fraction(1)], (), True), a, bits),
}  # fmt: skip


def apply(operation: str, operands: tuple[Exact, ...], axis: int | None, keepdims: bool, bits: int) -> Exact:
    """One operation.  Raises ZeroDivisionError or ArithmeticError where it has no value."""
    if operation == "transpose":
        return operands[0].T
    if operation in ("sum", "max"):
        return (_sum if operation == "sum" else _max)(operands[0], axis, keepdims)
    if operation in SIMPLE:
        return SIMPLE[operation](*operands)
    return ROUNDED[operation](*operands, bits)
