"""Fractions: elementary functions, powers and roots, and decimals of a given length."""

from fractions import Fraction

import numpy as np
import pytest

from verify.derive import formula, rationals

EXACTLY = {
    "exp": (np.exp, "-1.5", "0.2231301601484298289332804707640125213421719"),
    "log": (np.log, "10", "2.302585092994045684017991454684364207601101"),
    "sqrt": (np.sqrt, "2", "1.414213562373095048801688724209698078569672"),
    "tanh": (np.tanh, "0.001", "0.0009999996666668000000000"),
    "cos": (np.cos, "1", "0.5403023058681397174009366074429766037323104"),
    "reciprocal": (np.reciprocal, "3", "0.3333333333333333333333333333333333333333333"),
}


@pytest.mark.parametrize("name", EXACTLY)
def test_elementary_functions_are_right_in_every_digit(name):
    """Against published digits (exp, ln, √2, cos) and, for tanh at a small number, its series x - x³/3 + 2x⁵/15 - …."""
    _, x, digits = EXACTLY[name]
    result = rationals.apply(name, (rationals.of_fractions([Fraction(x)], (), True),), None, False, 256).item()
    places = len(digits.split(".")[1]) - 3
    if name == "tanh":
        x = Fraction(x)
        series = x - x**3 / 3 + 2 * x**5 / 15 - 17 * x**7 / 315 + 62 * x**9 / 2835
        assert abs(result - series) < Fraction(1, 10**30)
    else:
        assert abs(result - Fraction(digits)) <= Fraction(1, 10**places)


def test_powers_roots_and_whole_numbers_are_exact():
    def one(operation, *numbers):
        operands = tuple(rationals.of_fractions([Fraction(x)], (), True) for x in numbers)
        return rationals.apply(operation, operands, None, False, 256)

    assert one("power", "0.9", 3).item() == Fraction(729, 1000) and one("power", "0.9", 3).exact
    assert one("sqrt", "0.25").item() == Fraction(1, 2) and one("sqrt", "0.25").exact
    assert not one("sqrt", 2).exact and not one("power", "0.9", "0.5").exact
    assert abs(one("power", 2, "0.5").item() ** 2 - 2) < Fraction(1, 10**60)
    assert one("floor", "-0.5").item() == -1
    for operation, x in (("log", 0), ("log", -1), ("sqrt", -1), ("reciprocal", 0)):
        with pytest.raises(ArithmeticError):
            one(operation, x)
    floats = rationals.of_floats(np.array([0.1, -3.0, 0.0, 2.0**-149, 2.0**100]))
    assert floats.fractions() == [Fraction(0.1), -3, 0, Fraction(1, 2**149), 2**100]


def test_decimals_are_correctly_rounded():
    assert formula.decimal(Fraction(1, 3), 5) == ("0.33333", False)
    assert formula.decimal(Fraction(2, 3), 5) == ("0.66667", False)
    assert formula.decimal(Fraction(-1, 8), 5) == ("-0.125", True)
    assert formula.decimal(Fraction(999999, 10), 5) == ("1e+05", False)
    assert formula.decimal(Fraction(1, 10**9), 5) == ("1e-09", True)
    assert formula.decimal(Fraction(0), 5) == ("0", True)
    assert formula.decimal(Fraction(12345), 5) == ("12345", True)
    rng = np.random.default_rng(0)
    for x in rng.normal(size=200) * 10.0 ** rng.integers(-30, 30, size=200):
        assert float(formula.decimal(Fraction(x), 17)[0]) == x
