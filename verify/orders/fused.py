"""a·b + c with one rounding, which NumPy does not have: a fused multiply-add, exact for every argument.

S. Boldo and G. Melquiond, "Emulation of a FMA and correctly rounded sums: proved algorithms using rounding to odd",
IEEE Transactions on Computers 57 (2008). A sum that is rounded to odd keeps so much of what was lost that the next
rounding is that of the exact sum.
"""

from typing import Any

import numpy as np

from verify.records.trace import Array

SPLIT = 2.0**27 + 1  # splits a float64 number into two of 26 bits.  Dekker 1971; Veltkamp 1968


def multiply_add(a: Any, b: Any, c: Any) -> Array:
    """Return a·b + c, rounded once. Shapes that broadcast, all float32 or all float64 -> their shape.

    Exact while no intermediate result overflows or falls below the smallest normal number of float64.
    """
    if np.result_type(a, b, c) == np.float32:
        product = np.float64(a) * np.float64(b)  # 24 + 24 bits: exact
        return np.asarray(_odd_sum(product, np.float64(c)).astype(np.float32))
    high, low = _two_product(np.asarray(a), np.asarray(b))
    upper, rest = two_sum(c, low)
    value, lost = two_sum(high, upper)
    return np.asarray(value + _odd_sum(rest, lost))


def two_sum(a: Any, b: Any) -> tuple[Any, Any]:
    """Return a + b rounded, and what the rounding lost.  Knuth 1969, 4.2.2, theorem B"""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def _two_product(a: Array, b: Array) -> tuple[Array, Array]:
    """Return a·b rounded, and what the rounding lost.  float64.  Dekker 1971"""
    (a1, a2), (b1, b2) = _split(a), _split(b)
    product = a * b
    return product, a2 * b2 - (((product - a1 * b1) - a2 * b1) - a1 * b2)


def _split(a: Array) -> tuple[Array, Array]:
    """Return two numbers of at most 26 bits whose sum is a.  float64.  Dekker 1971"""
    scaled = a * SPLIT
    high = scaled - (scaled - a)
    return high, a - high


def _odd_sum(a: Any, b: Any) -> Array:
    """Return a + b rounded to odd: if it is not exact, the neighbour whose last bit is 1.  float64"""
    total, lost = two_sum(a, b)
    bits = np.asarray(total).view(np.int64)
    towards = np.where((lost > 0) == (total > 0), 1, -1)
    return (bits + np.where((lost != 0) & (bits & 1 == 0), towards, 0)).view(np.float64)
