"""Elementary functions of fractions: exact where they can be, else to so many bits, nearly.

From Python's `decimal`, whose exp, ln and sqrt are correctly rounded; ten digits more are taken than are kept. Whoever
shows digits of the result asks for it twice, with more bits, and shows those that stay (`case.py`). Each function says
whether its result is exact.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, localcontext
from fractions import Fraction

FARTHEST = 20_000  # of e^x: beyond it the numbers would grow without end, and below -x it is 0 for any purpose
WHOLE_POWER = 512  # up to this exponent a power is multiplied out


def rounded(x: Fraction, bits: int) -> Fraction:
    """To so many bits, a power of two below."""
    if not x:
        return x
    shift = bits - (abs(x.numerator).bit_length() - x.denominator.bit_length())
    scaled = round(x * Fraction(2) ** shift)
    return Fraction(scaled) / Fraction(2) ** shift


def _digits(bits: int) -> int:
    return int(bits * 0.30103) + 10


def _in_decimal(x: Fraction, bits: int, function: Callable[[Decimal], Decimal]) -> Fraction:
    """The function in decimal with ten digits to spare, then rounded to the bits."""
    with localcontext(Context(prec=_digits(bits), Emax=MAX_EMAX, Emin=MIN_EMIN)):
        found = function(Decimal(x.numerator) / Decimal(x.denominator))
    return rounded(Fraction(found), bits)


def exp(x: Fraction, bits: int) -> tuple[Fraction, bool]:
    """Raises ArithmeticError where it is too large to be written down."""
    if x > FARTHEST:
        raise ArithmeticError("e to a power of more than 20,000")
    if x < -FARTHEST:
        return Fraction(0), False
    return (Fraction(1), True) if not x else (_in_decimal(x, bits, Decimal.exp), False)


def log(x: Fraction, bits: int) -> tuple[Fraction, bool]:
    """Raises ArithmeticError below 0 and at 0."""
    if x <= 0:
        raise ArithmeticError("the logarithm of a number that is not positive")
    return (Fraction(0), True) if x == 1 else (_in_decimal(x, bits, Decimal.ln), False)


def sqrt(x: Fraction, bits: int) -> tuple[Fraction, bool]:
    """Exact where both parts are squares.  Raises ArithmeticError below 0."""
    if x < 0:
        raise ArithmeticError("the root of a negative number")
    over, under = math.isqrt(x.numerator), math.isqrt(x.denominator)
    if over * over == x.numerator and under * under == x.denominator:
        return Fraction(over, under), True
    return _in_decimal(x, bits, Decimal.sqrt), False


def tanh(x: Fraction, bits: int) -> tuple[Fraction, bool]:
    """(e^2x - 1) / (e^2x + 1), with as many more bits as the difference loses."""
    if not x:
        return Fraction(0), True
    if abs(x) > FARTHEST // 2:
        return Fraction(1 if x > 0 else -1), False
    lost = max(0, x.denominator.bit_length() - abs(x.numerator).bit_length() + 2)
    e, _ = exp(2 * x, bits + lost)
    return rounded((e - 1) / (e + 1), bits), False


def power(x: Fraction, exponent: Fraction, bits: int) -> tuple[Fraction, bool]:
    """Multiplied out for whole exponents, e^(b ln a) for others.  Raises ArithmeticError where it has no value."""
    if exponent.denominator == 1 and abs(exponent) <= WHOLE_POWER:
        return x ** int(exponent), True
    if exponent > 0 and not x:
        return x, True
    return exp(exponent * log(x, 2 * bits)[0], bits)[0], False
