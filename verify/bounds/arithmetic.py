"""Addition, subtraction, multiplication and division of balls, and the declared products and quotients.

Each of the four operations rounds once. `reference.operations` declares the products and quotients whose evaluation
an equation leaves open.
"""

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
    """Sum a + b."""
    return _sum_of_two(a, b, plus)


@on_balls(np.subtract)
def subtract(a: Ball, b: Ball) -> Ball:
    """Difference a - b."""
    return _sum_of_two(a, b, sub)


def _sum_of_two(a: Ball, b: Ball, operate: Callable[[Any, Any], Any]) -> Ball:
    """Return the sum or difference of a and b, with one rounding.

    There is no rounding where a or b is exactly 0, and none if two exact numbers have a result in the format.
    """
    value, radius = operate(a.value, b.value), a.radius + b.radius
    if not value.ndim and _fits(operate, a, b):
        return a.same(value, radius)
    rounded = a.rounded(value, radius)
    if all(np.count_nonzero(x.value) == x.value.size for x in (a, b)):
        return rounded
    return a.same(value, np.where(a.may_count & b.may_count, rounded.radius, radius))


@on_balls(np.multiply)
def multiply(a: Any, b: Any) -> Ball:
    """Product a·b, elementwise. One of the two may be a mask."""
    if is_mask(a) or is_mask(b):  # multiplying by a mask selects; it rounds nothing
        ball, mask = (b, a) if is_mask(a) else (a, b)
        return Ball(ball.value * mask, 0.0 if ball.is_exact else ball.radius * mask, ball.precision)
    return _product_of_two(a, b)


def _product_of_two(a: Ball, b: Ball) -> Ball:
    """Return a·b, with one rounding unless one factor is the constant 0 or a power of two."""
    value, radius = a.value * b.value, _incoming(a.value, a.radius, b)
    for array, constant in ((b, a), (a, b)):
        number = _number(constant)
        if number == 0 and array.is_exact:
            return a.same(value, 0.0)
        if _is_power_of_two(number):
            return a.same(value, radius + a.precision.tiny)
    return a.rounded(value, radius)


def _incoming(value: Any, radius: Any, factor: Ball) -> Any:
    """Return the error that the radii of both factors, `value` ± `radius` and `factor`, cause in the product."""
    if factor.is_exact:
        return radius * np.abs(factor.value) if isinstance(radius, np.ndarray) or radius else 0.0
    return np.abs(value) * factor.radius + radius * factor.reach


def _is_power_of_two(number: float | None) -> bool:
    """Return True if `number` is ± a power of two, because multiplying by such a number rounds nothing."""
    return number is not None and abs(frexp(number)[0]) == 0.5


@on_balls(operations.product)
def product(*factors: Ball) -> Ball:
    """Product of all factors, in any order. Each rounding is at most u times the value (Higham 2002, lemma 3.1)."""
    roundings = max(0, sum(not _is_power_of_two(_number(f)) for f in factors) - 1)
    value, radius = factors[0].value, factors[0].radius
    for factor in factors[1:]:
        radius, value = _incoming(value, radius, factor), value * factor.value
    unit, tiny = factors[0].precision.joint_unit, factors[0].precision.tiny
    # Each multiplication may lose `tiny` to underflow; the factors that follow may enlarge this loss.
    underflow = (len(factors) - 1) * tiny * prod(np.maximum(f.reach, 1) for f in factors)
    if roundings == 1:
        return factors[0].rounded(value, radius + underflow)
    relative = roundings * unit / (1 - roundings * unit)
    return factors[0].same(value, (radius + (np.abs(value) + radius) * relative + underflow) * SLACK)


def _number(a: Ball) -> float | None:
    """Return the value of a ball that is a single exact number; None for any other ball."""
    return float(a.value) if not a.value.ndim and a.is_exact else None


@on_balls(np.divide)
def divide(a: Ball, b: Ball) -> Ball:
    """Quotient a / b, elementwise."""
    return a.same(a.value / b.value, 0.0) if _fits(truediv, a, b) else _divided(a, b, np.abs(b.value) - b.radius)


@on_balls(operations.quotient)
def quotient(a: Ball, b: Ball, least: Ball) -> Ball:
    """Quotient a / b, where the equation guarantees b >= `least`.

    The ball of b may reach below `least`, but b itself cannot, except by a few roundings, which 1 + 4u covers.
    """
    guaranteed = (least.value - least.radius) / (1 + 4 * a.precision.joint_unit)
    return _divided(a, b, np.maximum(np.abs(b.value) - b.radius, guaranteed))


@on_balls(operations.divided)
def divided(a: Ball, b: Ball) -> Ball:
    """Quotient a / b by a constant b. As a product with 1 / b it rounds twice: at most 1.5 ulp, and u² more."""
    return _divided(a, b, np.abs(b.value) - b.radius, 1.5 + 4 * a.precision.unit)


def _divided(a: Ball, b: Ball, floor: Any, ulp: float = 0.5) -> Ball:
    """Return a / b, where |b| >= `floor`. The radius is infinite where `floor` is not above 0."""
    value = a.value / b.value
    return a.rounded(value, np.where(floor > 0, (np.abs(value) * b.radius + a.radius) / floor, np.inf), ulp)


def _fits(operate: Callable[[Any, Any], Any], a: Ball, b: Ball) -> bool:
    """Return True if a and b are exact single numbers and their result is in the format, as for 7 - 1 or 6/3.

    Such a result is not rounded.
    """
    first, second = _number(a), _number(b)
    if first is None or second is None or not np.isfinite([first, second]).all():
        return False
    try:
        result = operate(Fraction(first), Fraction(second))
    except ZeroDivisionError:
        return False
    return bool(Fraction(float(a.precision.round(float(result)))) == result)


@on_balls(np.reciprocal)
def reciprocal(a: Ball) -> Ball:
    """Reciprocal 1 / a, elementwise. TensorFlow's kernel is not correctly rounded (RECIPROCAL_ULP)."""
    return _divided(a.same(1, 0.0), a, np.abs(a.value) - a.radius, RECIPROCAL_ULP)


@on_balls(np.negative)
def negative(a: Ball) -> Ball:
    """Negation -a. Nothing is rounded."""
    return a.same(-a.value, a.radius)


@on_balls(operations.rounded_as)
def rounded_as(number: Ball, like: Ball) -> Ball:
    """Return the constant `number` unchanged: as a ball it is already rounded to the judged format."""
    return number
