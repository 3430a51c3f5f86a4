"""The four operations, one rounding each; and what an equation declares of products and quotients."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import frexp, prod
from operator import add as plus
from operator import sub, truediv
from typing import Any

import numpy as np

from reference import operations
from verify.ball.ball import SLACK, Ball, is_mask, operation
from verify.precision import RECIPROCAL_ULP


@operation(np.add)
def add(a: Ball, b: Ball) -> Ball:
    value, radius = a.value + b.value, a.radius + b.radius
    moves = _moves(a) and _moves(b) and not _fits(plus, a, b)
    return a.rounded(value, radius) if moves else a.same(value, radius)


def _moves(a: Ball) -> bool:
    """Whether adding it can round at all: adding an exact 0 cannot."""
    return bool(a.value.any() or not a.is_exact)


@operation(np.subtract)
def subtract(a: Ball, b: Ball) -> Ball:
    value, radius = a.value - b.value, a.radius + b.radius
    moves = _moves(a) and _moves(b) and not _fits(sub, a, b)
    return a.rounded(value, radius) if moves else a.same(value, radius)


@operation(np.multiply)
def multiply(a: Any, b: Any) -> Ball:
    if is_mask(a) or is_mask(b):  # it selects, and rounds nothing
        ball, mask = (b, a) if is_mask(a) else (a, b)
        return Ball(ball.value * mask, 0.0 if ball.is_exact else ball.radius * mask, ball.precision)
    return _of_two(a, b)


def _of_two(a: Ball, b: Ball) -> Ball:
    value, radius = a.value * b.value, _incoming(a.value, a.radius, b)
    for array, constant in ((b, a), (a, b)):
        number = _number(constant)
        if number == 0 and array.is_exact:
            return a.same(value, 0.0)
        if _is_power_of_two(number):
            return a.same(value, radius + a.precision.tiny)
    return a.rounded(value, radius)


def _incoming(value: Any, radius: Any, factor: Ball) -> Any:
    """The error that comes into a product with what is known of its factors."""
    if factor.is_exact:
        return radius * np.abs(factor.value) if isinstance(radius, np.ndarray) or radius else 0.0
    return np.abs(value) * factor.radius + radius * factor.reach


def _is_power_of_two(number: float | None) -> bool:
    """Whether multiplying by it rounds nothing."""
    return number is not None and abs(frexp(number)[0]) == 0.5


@operation(operations.product)
def product(*factors: Ball) -> Ball:
    """Multiplied in any order: each rounding is u of the value at most (Higham 2002, lemma 3.1)."""
    rounding = sum(not _is_power_of_two(_number(f)) for f in factors) - 1
    value, radius = factors[0].value, factors[0].radius
    for factor in factors[1:]:
        radius, value = _incoming(value, radius, factor), value * factor.value
    if rounding == 1:
        return factors[0].rounded(value, radius)
    unit, tiny = factors[0].precision.joint_unit, factors[0].precision.tiny
    each = rounding * unit / (1 - rounding * unit)
    lost = (len(factors) - 1) * tiny * prod(np.maximum(f.reach, 1) for f in factors)  # to underflow, then made larger
    return factors[0].same(value, (radius + (np.abs(value) + radius) * each + lost) * SLACK)


def _number(a: Ball) -> float | None:
    """A single number that is exact."""
    return float(a.value) if not a.value.ndim and a.is_exact else None


@operation(np.divide)
def divide(a: Ball, b: Ball) -> Ball:
    return a.same(a.value / b.value, 0.0) if _fits(truediv, a, b) else _divided(a, b, np.abs(b.value) - b.radius)


@operation(operations.quotient)
def quotient(a: Ball, b: Ball, least: Ball) -> Ball:
    """The ball of b may reach below what b is known to be; what TensorFlow computed for it is rounded itself."""
    known = (least.value - least.radius) / (1 + 4 * a.precision.joint_unit)
    return _divided(a, b, np.maximum(np.abs(b.value) - b.radius, known))


def _divided(a: Ball, b: Ball, floor: Any) -> Ball:
    """a / b, where |b| is at least `floor`; if that is not above 0, nothing is known."""
    value = a.value / b.value
    return a.rounded(value, np.where(floor > 0, (np.abs(value) * b.radius + a.radius) / floor, np.inf))


def _fits(operate: Callable[[Any, Any], Any], a: Ball, b: Ball) -> bool:
    """Whether the result for two exact single numbers is one of the format: 7 - 1, 6/3. Then nothing is rounded."""
    first, second = _number(a), _number(b)
    if first is None or second is None or not np.isfinite([first, second]).all():
        return False
    try:
        found = operate(Fraction(first), Fraction(second))
    except ZeroDivisionError:
        return False
    return bool(Fraction(float(a.precision.round(float(found)))) == found)


@operation(np.reciprocal)
def reciprocal(a: Ball) -> Ball:
    floor, value = np.abs(a.value) - a.radius, 1 / a.value
    return a.rounded(value, np.where(floor > 0, np.abs(value) * a.radius / floor, np.inf), RECIPROCAL_ULP)


@operation(np.negative)
def negative(a: Ball) -> Ball:
    return a.same(-a.value, a.radius)


@operation(operations.held)
def held(number: Ball, like: Ball) -> Ball:
    """An operand that was no ball has been rounded already, as any constant."""
    return number
