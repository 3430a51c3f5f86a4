"""Exact arithmetic on arrays: whole numbers over one common denominator.

+, -, ×, ÷ and comparisons are exact. The functions of `rational_functions.py` may round, and `exact` says whether any
number of an array was rounded.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from reference.operations import first_largest
from reference.schedules import count_periods
from verify.derive.expression import CHOOSE, FIRST
from verify.derive.rational_functions import cos, erfc, exp, log, log1p, power, rounded, sqrt, tanh
from verify.records.trace import Array

BITS = 256
MOST_BITS = 1024
MANY = 16  # up to so many quotients are brought to one denominator exactly; more are rounded


@dataclass(frozen=True)
class Exact:
    """An array of fractions: `over` (an object array of whole numbers) / `under` (one positive whole number).

    `exact` is False if any of the numbers was rounded.
    """

    over: Array
    under: int
    exact: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "over", np.asarray(self.over, dtype=object))

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return tuple(self.over.shape)

    def item(self) -> Fraction:
        """Return the only number of the array.  Raises ValueError if it has several."""
        (number,) = self.fractions()
        return number

    def fractions(self) -> list[Fraction]:
        """Return all numbers, row by row."""
        return [Fraction(int(x), self.under) for x in self.over.ravel()]


def of_floats(array: ArrayLike) -> Exact:
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


def _common(a: Exact, b: Exact) -> tuple[Array, Array, int]:
    """Return the numerators of a and of b over a common denominator, and this denominator."""
    under = math.lcm(a.under, b.under)
    x, y = (np.asarray(e.over * (under // e.under), dtype=object) for e in (a, b))  # a scalar would lose the type
    return x, y, under


def _on_numerators(function: Callable[[Array, Array], Any]) -> Callable[[Exact, Exact], Exact]:
    """Return a sum, difference, maximum, minimum or comparison (1 for true, 0 for false) of exact arrays."""

    def computed(a: Exact, b: Exact) -> Exact:
        x, y, under = _common(a, b)
        numerators = np.asarray(function(x, y))
        if numerators.dtype == np.bool_:
            numerators, under = numerators.astype(np.int64), 1
        return Exact(numerators, under, a.exact and b.exact)

    return computed


def _choose(mask: Exact, a: Exact, b: Exact) -> Exact:
    x, y, under = _common(a, b)
    return Exact(np.where(mask.over.astype(bool), x, y), under, mask.exact and a.exact and b.exact)


def _first_largest(a: Exact, _: Exact) -> Exact:
    return Exact(np.asarray(first_largest(a.over)).astype(np.int64), 1, a.exact)


def _periods_over(done: Exact, first: Exact, factor: Exact) -> Exact:
    count = count_periods(done.item(), first.item(), factor.item())
    return of_fractions([Fraction(count)], (), done.exact and first.exact and factor.exact)


def _multiply(a: Exact, b: Exact) -> Exact:
    return Exact(a.over * b.over, a.under * b.under, _product_is_exact(a, b))


def _product_is_exact(a: Exact, b: Exact) -> bool:
    """Return whether a product is exact: if both factors are, or if one of them is exactly 0."""
    return (a.exact and b.exact) or any(x.exact and not np.any(x.over) for x in (a, b))


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
    """Return the product of two matrices, or of two stacks of matrices.

    Columns of a that are 0 (dark pixels) are left out, because this is by far the largest product.
    """
    nonzero = np.flatnonzero((a.over != 0).any(axis=tuple(range(a.over.ndim - 1))))
    if not nonzero.size:
        nonzero = np.zeros(1, dtype=int)
    over = a.over[..., nonzero] @ b.over[..., nonzero, :]
    return Exact(over, a.under * b.under, _product_is_exact(a, b))


def _elementwise(function: Callable[[Fraction, int], tuple[Fraction, bool]]) -> Callable[[Exact, int], Exact]:
    """Return a function of one fraction as a function of each number of an array."""

    def mapped(a: Exact, bits: int) -> Exact:
        results = [function(x, bits) for x in a.fractions()]
        return of_fractions([value for value, _ in results], a.shape, a.exact and all(exact for _, exact in results))

    return mapped


def _power(a: Exact, b: Exact, bits: int) -> Exact:
    """Return each number of a to one exponent b.  Raises ArithmeticError if a power has no value."""
    result = _elementwise(lambda x, bits: power(x, b.item(), bits))(a, bits)
    return replace(result, exact=result.exact and b.exact)


SIMPLE: dict[str, Callable[..., Exact]] = {
    "multiply": _multiply, "matmul": _matmul, CHOOSE: _choose, FIRST: _first_largest,
    "negative": lambda a: replace(a, over=-a.over), "floor": lambda a: Exact(a.over // a.under, 1, a.exact),
    "ceil": lambda a: Exact(-(-a.over // a.under), 1, a.exact), "periods_over": _periods_over,
    **{ufunc.__name__: _on_numerators(ufunc) for ufunc in (
        np.add, np.subtract, np.maximum, np.minimum,
        np.greater, np.greater_equal, np.less, np.less_equal, np.equal,
    )},
}  # fmt: skip
ROUNDED: dict[str, Callable[..., Exact]] = {
    "divide": _divide, "power": _power, "exp": _elementwise(exp), "log": _elementwise(log),
    "log1p": _elementwise(log1p),
    "sqrt": _elementwise(sqrt), "tanh": _elementwise(tanh), "cos": _elementwise(cos), "erfc": _elementwise(erfc),
    "reciprocal": lambda a, bits: _divide(of_fractions([Fraction(1)], (), True), a, bits),
}  # fmt: skip


def gather(operands: tuple[Exact, ...], places: Array) -> Exact:
    """Return the numbers at these places of all numbers of the operands, one operand behind the other; -1: 0."""
    under = math.lcm(*(x.under for x in operands))
    numbers = [(x.over * (under // x.under)).ravel() for x in operands]
    every = np.concatenate([*numbers, np.zeros(1, dtype=object)])
    return Exact(every[places], under, all(x.exact for x in operands))


def apply(
    operation: str, operands: tuple[Exact, ...], axes: tuple[int, ...] | None, keepdims: bool, bits: int
) -> Exact:
    """Return the result of one operation.  Raises ArithmeticError where it has no value, as in a division by 0.

    A sum or maximum runs along `axes`; None: along all.
    """
    if operation in ("sum", "max"):
        (a,) = operands
        return replace(a, over=getattr(a.over, operation)(axis=axes, keepdims=keepdims))
    if operation in SIMPLE:
        return SIMPLE[operation](*operands)
    return ROUNDED[operation](*operands, bits)
