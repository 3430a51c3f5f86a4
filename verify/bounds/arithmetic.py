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
from verify.bounds.ball import SLACK, Ball, is_mask, on_balls
from verify.records.precision import RECIPROCAL_ULP


@on_balls(np.add)
def add(a: Ball, b: Ball) -> Ball:
    return _sum_of_two(a, b, a.value + b.value, plus)


@on_balls(np.subtract)
def subtract(a: Ball, b: Ball) -> Ball:
    return _sum_of_two(a, b, a.value - b.value, sub)


def _sum_of_two(a: Ball, b: Ball, value: Any, operate: Callable[[Any, Any], Any]) -> Ball:
    """One rounding; none where one of the two is exactly 0."""
    radius = a.radius + b.radius
    if not value.ndim and _fits(operate, a, b):
        return a.same(value, radius)
    found = a.rounded(value, radius)
    if all(np.count_nonzero(x.value) == x.value.size for x in (a, b)):
        return found
    return a.same(value, np.where(a.may_count & b.may_count, found.radius, radius))


@on_balls(np.multiply)
def multiply(a: Any, b: Any) -> Ball:
    if is_mask(a) or is_mask(b):  # it selects, and rounds nothing
        ball, mask = (b, a) if is_mask(a) else (a, b)
        return Ball(ball.value * mask, 0.0 if ball.is_exact else ball.radius * mask, ball.precision)
    return _product_of_two(a, b)


def _product_of_two(a: Ball, b: Ball) -> Ball:
    value, radius = a.value * b.value, _incoming(a.value, a.radius, b)
    for array, constant in ((b, a), (a, b)):
        number = _number(constant)
        if number == 0 and array.is_exact:
            return a.same(value, 0.0)
        if _is_power_of_two(number):
            return a.same(value, radius + a.precision.tiny)
    return a.rounded(value, radius)


def _incoming(value: Any, radius: Any, factor: Ball) -> Any:
    """The error that the factors bring into their product."""
    if factor.is_exact:
        return radius * np.abs(factor.value) if isinstance(radius, np.ndarray) or radius else 0.0
    return np.abs(value) * factor.radius + radius * factor.reach


def _is_power_of_two(number: float | None) -> bool:
    """Whether multiplying by it rounds nothing."""
    return number is not None and abs(frexp(number)[0]) == 0.5


@on_balls(operations.product)
def product(*factors: Ball) -> Ball:
    """Multiplied in any order: each rounding is u of the value at most (Higham 2002, lemma 3.1)."""
    roundings = max(0, sum(not _is_power_of_two(_number(f)) for f in factors) - 1)
    value, radius = factors[0].value, factors[0].radius
    for factor in factors[1:]:
        radius, value = _incoming(value, radius, factor), value * factor.value
    unit, tiny = factors[0].precision.joint_unit, factors[0].precision.tiny
    lost = (len(factors) - 1) * tiny * prod(np.maximum(f.reach, 1) for f in factors)  # to underflow, times what follows
    if roundings == 1:
        return factors[0].rounded(value, radius + lost)
    relative = roundings * unit / (1 - roundings * unit)
    return factors[0].same(value, (radius + (np.abs(value) + radius) * relative + lost) * SLACK)


def _number(a: Ball) -> float | None:
    """A single number that is exact."""
    return float(a.value) if not a.value.ndim and a.is_exact else None


@on_balls(np.divide)
def divide(a: Ball, b: Ball) -> Ball:
    return a.same(a.value / b.value, 0.0) if _fits(truediv, a, b) else _divided(a, b, np.abs(b.value) - b.radius)


@on_balls(operations.quotient)
def quotient(a: Ball, b: Ball, least: Ball) -> Ball:
    """The ball of b may reach below `least`; b cannot, but for the roundings of both and of their sum."""
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


@on_balls(np.reciprocal)
def reciprocal(a: Ball) -> Ball:
    floor, value = np.abs(a.value) - a.radius, 1 / a.value
    return a.rounded(value, np.where(floor > 0, np.abs(value) * a.radius / floor, np.inf), RECIPROCAL_ULP)


@on_balls(np.negative)
def negative(a: Ball) -> Ball:
    return a.same(-a.value, a.radius)


@on_balls(operations.rounded_as)
def rounded_as(number: Ball, like: Ball) -> Ball:
    """The constant is a ball already, rounded as every constant is."""
    return number
