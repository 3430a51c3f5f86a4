"""Exact arithmetic on arrays: whole numbers over one common denominator.

+, -, ×, ÷ and comparisons are exact. The functions of `rational_functions.py` may round, and `exact` says whether any
number of an array was rounded.
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
MANY = 16  # up to so many quotients are brought to one denominator exactly; more are rounded


@dataclass(frozen=True)
class Exact:
    """An array of fractions: `over` (an object array of whole numbers) / `under` (one positive whole number).

    `exact` is False if any of the numbers was rounded.
    """

    over: Any
    under: int
    exact: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "over", np.asarray(self.over, dtype=object))

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return tuple(self.over.shape)

    @property
    def T(self) -> Exact:
        """The transposed matrix."""
        return Exact(self.over.T, self.under, self.exact)

    def item(self) -> Fraction:
        """Return the only number of the array.  Raises ValueError if it has several."""
        (number,) = self.fractions()
        return number

    def fractions(self) -> list[Fraction]:
        """Return all numbers, row by row."""
        return [Fraction(int(x), self.under) for x in self.over.ravel()]


def of_floats(array: Any) -> Exact:
    """Return the exact values of finite floating-point numbers, of any shape."""
    mantissa, exponent = np.frexp(np.asarray(array, dtype=np.float64))
    whole = np.asarray(mantissa * 2.0**53).astype(np.int64)
    power = np.where(whole == 0, 0, exponent - 53)
    least = int(min(power.min(initial=0), 0))
    over = whole.astype(object) * np.asarray(2, dtype=object) ** (power - least).astype(object)
    return Exact(over, 1 << -least)


def of_fractions(values: list[Fraction], shape: tuple[int, ...], exact: bool) -> Exact:
    """Return fractions, given row by row, as an array of this shape."""
    under = math.lcm(*(f.denominator for f in values))
    over = np.empty(len(values), dtype=object)
    over[:] = [f.numerator * (under // f.denominator) for f in values]
    return Exact(over.reshape(shape), under, exact)


def of_constant(value: Any, as_written: bool) -> Exact:
    """Return a constant as a person writes it (0.9 is nine tenths), or else the float64 number exactly."""
    if np.ndim(value):
        return of_floats(value)
    number = Fraction(repr(float(value))) if as_written else Fraction(float(value))
    return of_fractions([number], (), True)


def _common(a: Exact, b: Exact) -> tuple[Any, Any, int]:
    """Return the numerators of a and of b over a common denominator, and this denominator."""
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
    return Exact(a.over * b.over, a.under * b.under, _product_is_exact(a, b))


def _product_is_exact(a: Exact, b: Exact) -> bool:
    """Return whether a product is exact: if both factors are, or if one of them is exactly 0."""
    return (a.exact and b.exact) or _is_zero(a) or _is_zero(b)


def _is_zero(a: Exact) -> bool:
    return a.exact and not np.any(a.over)


def _divide(a: Exact, b: Exact, bits: int) -> Exact:
    """Return a / b.  Raises ZeroDivisionError."""
    if any(x == 0 for x in b.over.ravel()):
        raise ZeroDivisionError
    shape = np.broadcast_shapes(a.shape, b.shape)
    exact = a.exact and b.exact
    if b.over.size == 1:
        (divisor,) = b.over.ravel()
        sign = -1 if divisor < 0 else 1
        return Exact(np.broadcast_to(a.over * (sign * b.under), shape), a.under * abs(int(divisor)), exact)
    xs, ys = (np.broadcast_to(e.over, shape).ravel() for e in (a, b))
    quotients = [Fraction(int(x) * b.under, int(y) * a.under) for x, y in zip(xs, ys, strict=True)]
    if len(quotients) <= MANY:
        return of_fractions(quotients, shape, exact)
    return of_fractions([rounded(q, bits) for q in quotients], shape, False)


def _matmul(a: Exact, b: Exact) -> Exact:
    """Return the product of two matrices.

    Columns of a that are 0 (dark pixels) are left out, because this is by far the largest product.
    """
    kept = [k for k in range(a.shape[1]) if np.any(a.over[:, k] != 0)]
    over = a.over[:, kept] @ b.over[kept] if kept else np.zeros((a.shape[0], b.shape[1]), dtype=object)
    return Exact(over, a.under * b.under, _product_is_exact(a, b))


def _compare(test: Callable[[Any, Any], Any]) -> Callable[[Exact, Exact], Exact]:
    """Return the comparison as a function of exact arrays, with 1 for true and 0 for false."""

    def compared(a: Exact, b: Exact) -> Exact:
        x, y, _ = _common(a, b)
        return Exact(np.asarray(test(x, y)).astype(np.int64), 1, a.exact and b.exact)

    return compared


def _select(choose: Callable[[Any, Any], Any]) -> Callable[[Exact, Exact], Exact]:
    """Return a maximum or minimum as a function of exact arrays."""

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
    """Return a function of one fraction as a function of each number of an array."""

    def mapped(a: Exact, bits: int) -> Exact:
        results = [function(x, bits) for x in a.fractions()]
        return of_fractions([value for value, _ in results], a.shape, a.exact and all(exact for _, exact in results))

    return mapped


def _power(a: Exact, b: Exact, bits: int) -> Exact:
    """Return each number of a to one exponent b.  Raises ArithmeticError if a power has no value."""
    exponent = b.item()
    result = _elementwise(lambda x, bits: power(x, exponent, bits))(a, bits)
    return Exact(result.over, result.under, result.exact and b.exact)


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
    """Return the result of one operation.  Raises ArithmeticError where it has no value, as in a division by 0."""
    if operation == "transpose":
        return operands[0].T
    if operation in ("sum", "max"):
        (a,) = operands
        reduce = np.sum if operation == "sum" else np.max
        return Exact(reduce(a.over, axis=axis, keepdims=keepdims), a.under, a.exact)
    if operation in SIMPLE:
        return SIMPLE[operation](*operands)
    return ROUNDED[operation](*operands, bits)
