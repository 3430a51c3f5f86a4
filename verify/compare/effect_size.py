"""Measure how large a fault is, in units of the bound. The balls give the size; the comparator has no part in it."""

from __future__ import annotations

import numpy as np

from verify.bounds import Ball
from verify.records.precision import Floats
from verify.records.trace import Array


def distance(truth: Ball, other: Ball | None, captured: Array) -> float:
    """Return the largest difference between `truth` and `other`, divided by the sum of both bounds.

    Without another ball of the same shape, TensorFlow's tensor `captured` takes its place, with a bound of 0. If two
    balls give 1 or less, then at every element there is a number that rounding can make of both: no comparison can
    tell them apart.
    """
    with np.errstate(invalid="ignore"):
        if other is not None and other.shape == truth.shape:
            difference, bound = np.abs(truth.value - other.value), truth.spread() + other.spread()
        else:
            difference, bound = np.abs(captured.astype(np.float64) - truth.value), truth.spread()
    if not np.isfinite(difference).all():
        return float("inf")
    with np.errstate(all="ignore"):
        return float(np.max(np.where(difference == 0, 0.0, difference / bound)))


def smallest(value: Floats, allowed: Floats, captured: Array) -> float:
    """Return the smallest δ for which captured·(1 ± δ) is out of bounds somewhere, found by bisection.

    `value` is the tensor by hand, `allowed` its bounds, `captured` TensorFlow's tensor. Returns infinity if δ = 1 is
    not noticed.
    """
    dtype, wide = captured.dtype, captured.astype(np.float64)

    def noticed(delta: float) -> bool:
        changed = ((wide * (1 + sign * delta)).astype(dtype) for sign in (1, -1))
        return any(bool((np.abs(c.astype(np.float64) - value) > allowed).any()) for c in changed)

    low, high = 2.0**-60, 1.0
    if not noticed(high):
        return float("inf")
    while high / low > 1.05:
        middle = float(np.sqrt(low * high))
        low, high = (low, middle) if noticed(middle) else (middle, high)
    return high
