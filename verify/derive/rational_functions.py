"""Elementary functions of fractions: exact where possible, otherwise correct to about a given number of bits.

They use Python's `decimal`, whose exp, ln and sqrt are correctly rounded. The last bits may still be wrong; `case.py`
therefore computes a result twice and shows only digits on which both agree. Each function returns the value and whether
it is exact.
"""

import math
from collections.abc import Callable
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, getcontext, localcontext
from fractions import Fraction

FARTHEST = 20_000  # e^x beyond it would have too many digits, and e^-x beyond it is taken as 0
WHOLE_POWER = 512  # up to this exponent a power is multiplied out


def rounded(x: Fraction, bits: int) -> Fraction:
    """Return x rounded to this many significant bits.  The denominator becomes a power of two."""
    if not x:
        return x
    shift = bits - (abs(x.numerator).bit_length() - x.denominator.bit_length())
    scaled = round(x * Fraction(2) ** shift)
    return Fraction(scaled) / Fraction(2) ** shift


def _in_decimal(x: Fraction, bits: int, function: Callable[[Decimal], Decimal]) -> Fraction:
    """Return the function of x, rounded to the bits.  It is computed with ten decimal digits more than they need."""
    with localcontext(Context(prec=int(bits * 0.30103) + 10, Emax=MAX_EMAX, Emin=MIN_EMIN)):
        value = function(Decimal(x.numerator) / Decimal(x.denominator))
    return rounded(Fraction(value), bits)


def exp(x: Fraction, bits: int) -> tuple[Fraction, bool]:
    """Return e^x, and whether it is exact.  Raises ArithmeticError if it is too large to be written down."""
    if x > FARTHEST:
        raise ArithmeticError("e to a power of more than 20,000")
    if x < -FARTHEST:
        return Fraction(0), False
    return (Fraction(1), True) if not x else (_in_decimal(x, bits, Decimal.exp), False)


def log(x: Fraction, bits: int) -> tuple[Fraction, bool]:
    """Return ln x, and whether it is exact.  Raises ArithmeticError for x <= 0."""
    if x <= 0:
        raise ArithmeticError("the logarithm of a number that is not positive")
    return (Fraction(0), True) if x == 1 else (_in_decimal(x, bits, Decimal.ln), False)


def log1p(x: Fraction, bits: int) -> tuple[Fraction, bool]:
    """Return ln(1 + x), and whether it is exact.  Raises ArithmeticError for x <= -1.

    For small x the logarithm of a number near 1 loses bits, so that many more are computed.
    """
    lost = max(0, x.denominator.bit_length() - abs(x.numerator).bit_length() + 2)
    value, exact = log(1 + x, bits + lost)
    return (value if exact else rounded(value, bits)), exact


def sqrt(x: Fraction, bits: int) -> tuple[Fraction, bool]:
    """Return √x, and whether it is exact, as for a quotient of squares.  Raises ArithmeticError for x < 0."""
    if x < 0:
        raise ArithmeticError("the root of a negative number")
    over, under = math.isqrt(x.numerator), math.isqrt(x.denominator)
    if over * over == x.numerator and under * under == x.denominator:
        return Fraction(over, under), True
    return _in_decimal(x, bits, Decimal.sqrt), False


def tanh(x: Fraction, bits: int) -> tuple[Fraction, bool]:
    """Return tanh x = (e^2x - 1) / (e^2x + 1), and whether it is exact.

    For small x the difference loses bits, so that many more are computed.
    """
    if not x:
        return Fraction(0), True
    if abs(x) > FARTHEST // 2:
        return Fraction(1 if x > 0 else -1), False
    lost = max(0, x.denominator.bit_length() - abs(x.numerator).bit_length() + 2)
    e, _ = exp(2 * x, bits + lost)
    return rounded((e - 1) / (e + 1), bits), False


def cos(x: Fraction, bits: int) -> tuple[Fraction, bool]:
    """Return cos x = 1 - x²/2! + x⁴/4! - …, and whether it is exact.  Raises ArithmeticError for large x.

    The terms are at most e^|x|, and the sum may be small, so that more bits are computed.
    """
    if not x:
        return Fraction(1), True
    if abs(x) > 100:
        raise ArithmeticError("the cosine of a number above 100")
    more = 2 * bits + int(1.5 * abs(x)) + 10

    def series(number: Decimal) -> Decimal:
        term = total = Decimal(1)
        n = 0
        while abs(term) > Decimal(2) ** -more:
            n += 2
            term *= -number * number / (n * (n - 1))
            total += term
        return total

    return rounded(_in_decimal(x, more, series), bits), False


def erfc(x: Fraction, bits: int) -> tuple[Fraction, bool]:
    """Return erfc x = 1 - 2/√π e^(-x²) (x + 2x³/3 + 4x⁵/15 + …), and whether it is exact.

    All terms have one sign. The difference loses about 1.5 x² bits, so that many more are computed.
    """
    if not x:
        return Fraction(1), True
    if x * x > FARTHEST:
        return Fraction(0 if x > 0 else 2), False
    more = bits + int(1.5 * x * x) + 10

    def series(number: Decimal) -> Decimal:
        term = total = number
        n = 0
        while abs(term) > abs(total) * Decimal(2) ** -(more + 30):
            n += 1
            term *= 2 * number * number / (2 * n + 1)
            total += term
        return total * 2 * (-number * number).exp() / _pi().sqrt()

    return rounded(1 - _in_decimal(x, more, series), bits), False


def _pi() -> Decimal:
    """Return π in the precision of the context: 16 arctan 1/5 - 4 arctan 1/239 (Machin 1706)."""

    def arctan_of_inverse(n: int) -> Decimal:
        power = total = 1 / Decimal(n)
        k, sign = 1, 1
        while power > Decimal(10) ** -(getcontext().prec + 5):
            power /= n * n
            k, sign = k + 2, -sign
            total += sign * power / k
        return total

    return 16 * arctan_of_inverse(5) - 4 * arctan_of_inverse(239)


def power(x: Fraction, exponent: Fraction, bits: int) -> tuple[Fraction, bool]:
    """Return x to the exponent, and whether it is exact.  Raises ArithmeticError if it has no value.

    Whole exponents are multiplied out; other powers are e^(exponent · ln x).
    """
    if exponent.denominator == 1 and abs(exponent) <= WHOLE_POWER:
        return x ** int(exponent), True
    if exponent > 0 and not x:
        return x, True
    return exp(exponent * log(x, 2 * bits)[0], bits)[0], False
