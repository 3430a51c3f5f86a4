"""The four operations: one rounding each, and what is known of products with constants and of sums."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from operator import add as plus
from operator import sub, truediv
from typing import Any

import numpy as np

from verify.ball.ball import SLACK, Ball, Scaled, is_mask, operation
from verify.ball.functions import logistic
from verify.ball.sums import of_sum
from verify.precision import RECIPROCAL_ULP


@operation(np.add)
def add(a: Ball, b: Ball) -> Ball:
    value = a.value + b.value
    if a.open_sum or b.open_sum:
        incoming, terms, magnitude = (x + y for x, y in zip(a.as_sum(), b.as_sum(), strict=True))
        return of_sum(a.precision, value, incoming, terms, magnitude)
    radius = a.radius + b.radius
    moves = _moves(a) and _moves(b) and not _fits(plus, a, b)
    found = a.rounded(value, radius) if moves else a.same(value, radius)
    if a.masked and b.masked:  # where one selection is an exact 0, adding it rounds nothing
        found.radius = np.where((a.reach > 0) & (b.reach > 0), found.radius, radius)
    if a.least is not None and np.all(b.value > b.radius):
        found.least = (a.least + b.floor) / (1 + 4 * a.precision.joint_unit)
    for one, other in ((a, b), (b, a)):
        if other.exponent is not None and not other.plus_one and _number(one) == 1:
            found.exponent, found.plus_one = other.exponent, True
    return found


def _moves(a: Ball) -> bool:
    """Whether adding it can round at all: adding an exact 0 cannot."""
    return bool(np.any(a.value)) or not a.is_exact


@operation(np.subtract)
def subtract(a: Ball, b: Ball) -> Ball:
    value, radius = a.value - b.value, a.radius + b.radius
    moves = _moves(a) and _moves(b) and not _fits(sub, a, b)
    return a.rounded(value, radius) if moves else a.same(value, radius)


@operation(np.multiply)
def multiply(a: Any, b: Any) -> Ball:
    if is_mask(a) or is_mask(b):  # it selects, and rounds nothing
        ball, mask = (b, a) if is_mask(a) else (a, b)
        radius = 0.0 if ball.is_exact else ball.radius * mask
        return Ball(ball.value * mask, radius, ball.precision, masked=True)
    return _product(a, b)


def _product(a: Ball, b: Ball) -> Ball:
    value = a.value * b.value
    radius = np.abs(a.value) * b.radius + a.radius * b.reach
    for array, constant in ((b, a), (a, b)):
        number = _number(constant)
        if number == 0 and array.is_exact:
            return a.same(value, 0.0)
        if number and abs(float(np.frexp(number)[0])) == 0.5:  # a power of two
            found = a.same(value, radius + a.precision.tiny)
            if array.scaled is not None:
                found.scaled = array.scaled.times(constant, rounded=False)
            return found
    if a.value.ndim and not b.value.ndim:
        return _scaled(a, b, value, radius)
    if b.value.ndim and not a.value.ndim:
        return _scaled(b, a, value, radius)
    return _of_factors(a, b, value, radius)


def _of_factors(a: Ball, b: Ball, value: Any, radius: Any) -> Ball:
    """Of several arrays (or numbers) the products may be taken in any order: each is u of the value at most."""
    (incoming, first), (other, second) = a.factors or (a.radius, 0), b.factors or (b.radius, 0)
    incoming = np.abs(a.value) * other + incoming * (np.abs(b.value) + other)
    found, count = a.rounded(value, radius), first + second + 1
    found.factors = (incoming, count)
    if count > 1:
        each = count * a.precision.joint_unit / (1 - count * a.precision.joint_unit)
        lost = count * a.precision.tiny * (1 + np.abs(a.value) + np.abs(b.value))  # to underflow, then made larger
        ordered = incoming + (np.abs(value) + incoming) * each + lost
        found.radius = np.maximum(found.radius, ordered * SLACK)
    return found


def _scaled(a: Ball, constant: Ball, value: Any, radius: Any) -> Ball:
    """An array times one more constant: of several, the products may be taken in any order.

    Half an ulp of a product depends on how it lies between two powers of two, and so on the order. Relative to the
    value no rounding is more than u, in any order: of k constants there are k products.
    """
    found = a.rounded(value, radius)
    found.scaled = (a.scaled or Scaled(a.radius)).times(constant)
    if a.scaled is not None:
        incoming, factor, relative, products = found.scaled
        each = relative + products * a.precision.joint_unit
        total = np.where(each < 1, each / (1 - each), np.inf)  # no less than the product of all 1 + their error, less 1
        size = np.abs(value)
        radius = incoming * factor * (1 + total) + size * total + products * a.precision.tiny
        found.radius = np.maximum(found.radius, radius * SLACK)
    return found


def _number(a: Ball) -> float | None:
    """A single number that is exact."""
    if a.value.ndim or not a.is_exact:
        return None
    return float(a.value)


@operation(np.divide)
def divide(a: Ball, b: Ball) -> Ball:
    floor = b.floor
    value = a.value / b.value
    radius = np.where(floor > 0, (np.abs(value) * b.radius + a.radius) / floor, np.inf)
    return a.same(value, 0.0) if _fits(truediv, a, b) else a.rounded(value, radius)


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
    if a.exponent is not None and a.plus_one:
        return logistic(a.exponent)
    floor = a.floor
    value = 1 / a.value
    radius = np.where(floor > 0, np.abs(value) * a.radius / floor, np.inf)
    return a.rounded(value, radius, RECIPROCAL_ULP)


@operation(np.negative)
def negative(a: Ball) -> Ball:
    return a.same(-a.value, a.radius)
