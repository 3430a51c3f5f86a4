"""A fused multiply-add, against exact fractions."""

from fractions import Fraction

import numpy as np
import pytest

from verify.orders.fused import multiply_add


def rounded(exact, dtype):
    """A fraction, rounded to the nearest number, ties to even."""
    near = dtype(exact.numerator / exact.denominator)  # within one number of the nearest
    candidates = [near, np.nextafter(near, dtype(-np.inf)), np.nextafter(near, dtype(np.inf))]
    bits = {np.float32: np.int32, np.float64: np.int64}[dtype]
    return min(candidates, key=lambda x: (abs(Fraction(float(x)) - exact), x.view(bits) & 1))


def drawn(dtype, count=3000):
    """Numbers of which many products and sums cancel, up to the last bits."""
    rng = np.random.default_rng(1)
    a, b = ((rng.normal(size=count) * 10.0 ** rng.integers(-3, 4, count)).astype(dtype) for _ in range(2))
    nearly = 1 + rng.integers(-3, 4, count) * 2.0 ** -rng.integers(20, 60, count)
    return a, b, (-(a.astype(float) * b.astype(float)) * nearly).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_it_is_the_exact_result_rounded_once(dtype):
    numbers = drawn(dtype)
    found = multiply_add(*numbers)
    exact = [
        rounded(Fraction(float(a)) * Fraction(float(b)) + Fraction(float(c)), dtype)
        for a, b, c in zip(*numbers, strict=True)
    ]
    assert found.dtype == dtype and np.array_equal(found, exact)
    a, b, c = numbers
    assert not np.array_equal(a * b + c, exact)  # two roundings


def test_two_roundings_in_float64_are_not_enough_for_float32():
    """1 + 2^-23 + 2^-24 - 2^-70: float64 drops the last term. What is left is a tie, and goes up to the even number."""
    a, b, c = np.float32(1 + 2.0**-23), np.float32(2.0**-24 * (1 - 2.0**-23)), np.float32(1 + 2.0**-23)
    assert np.float32(float(a) * float(b) + float(c)) == 1 + 2.0**-22
    assert multiply_add(a, b, c) == 1 + 2.0**-23


def test_shapes_broadcast():
    a, b = np.ones((3, 1), np.float32), np.ones((1, 4), np.float32)
    assert multiply_add(a, b, np.float32(2)).tolist() == [[3.0] * 4] * 3
