"""A product of matrices and the product of their magnitudes, where most of the first matrix is 0.

Of an image four pixels in five are 0, and 0 times a finite number adds nothing to a sum, exactly. What is left is
summed in another order than BLAS has; a radius allows for every order, on this side too (`ball.py`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from verify.trace import Array

Products = tuple[Any, Any, Any, Any]
SMALL = 4096  # elements of the first matrix, below which BLAS is as fast
SHARE = 0.5  # of numbers that are not 0, above which it is faster

COUNTED = """def compiled(a, b, rows, columns):
    finite, count = True, 0
    for k in range(b.shape[0]):
        for j in range(b.shape[1]):
            columns[j] += b[k, j] != 0
            finite &= abs(b[k, j]) < np.inf
    for i in range(a.shape[0]):
        for k in range(a.shape[1]):
            rows[i] += a[i, k] != 0
        count += rows[i]
    return count if finite else a.size
"""
SKIPPING = """def compiled(a, b, value, magnitude):
    kept = np.empty(a.shape[1], np.int64)
    for i in range(a.shape[0]):
        n = 0
        for k in range(a.shape[1]):
            if a[i, k] != 0:
                kept[n] = k
                n += 1
        for j in range(b.shape[1]):
            value[i, j] = 0.0
            magnitude[i, j] = 0.0
        whole = n - n % 4
        for m in range(0, whole, 4):
            k0, k1, k2, k3 = kept[m], kept[m + 1], kept[m + 2], kept[m + 3]
            a0, a1, a2, a3 = np.float64(a[i, k0]), np.float64(a[i, k1]), np.float64(a[i, k2]), np.float64(a[i, k3])
            s0, s1, s2, s3 = abs(a0), abs(a1), abs(a2), abs(a3)
            for j in range(b.shape[1]):
                b0, b1, b2, b3 = np.float64(b[k0, j]), np.float64(b[k1, j]), np.float64(b[k2, j]), np.float64(b[k3, j])
                value[i, j] += (a0 * b0 + a1 * b1) + (a2 * b2 + a3 * b3)
                magnitude[i, j] += (s0 * abs(b0) + s1 * abs(b1)) + (s2 * abs(b2) + s3 * abs(b3))
        for m in range(whole, n):
            k0 = kept[m]
            a0 = np.float64(a[i, k0])
            s0 = abs(a0)
            for j in range(b.shape[1]):
                b0 = np.float64(b[k0, j])
                value[i, j] += a0 * b0
                magnitude[i, j] += s0 * abs(b0)
"""


def products(a: Array, b: Array) -> Products:
    """a·b, |a|·|b|, how many of each row of a are not 0, and of each column of b.  a [N, m], b [m, n], any floats."""
    if a.size >= SMALL and b.flags.c_contiguous:
        found = _skipping(a, b)
        if found is not None:
            return found
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    size_a, size_b = np.abs(a), np.abs(b)
    return a @ b, size_a @ size_b, np.count_nonzero(size_a, axis=1), np.count_nonzero(size_b, axis=0)


def _skipping(a: Array, b: Array) -> Products | None:
    """The same without the zeros of a; None where too few are 0, or b holds NaN or infinity, which 0 must meet."""
    from verify.loops import compiled

    rows, columns = np.zeros(len(a), dtype=np.int64), np.zeros(b.shape[1], dtype=np.int64)
    if compiled(COUNTED)(a, b, rows, columns) > SHARE * a.size:
        return None
    value, magnitude = np.empty((2, len(a), b.shape[1]))
    compiled(SKIPPING)(a, b, value, magnitude)
    return value, magnitude, rows, columns
