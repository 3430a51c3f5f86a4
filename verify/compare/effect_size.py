"""How large a fault is, in units of what rounding allows; judged from balls, not by the comparator."""

from __future__ import annotations

import numpy as np

from verify.bounds import Ball
from verify.records.precision import Floats
from verify.records.trace import Array


def apart(truth: Ball, other: Ball | None, held: Array) -> float:
    """The largest distance over what rounding allows: to another ball, or, without one, to what is held.

    Of two balls, 1 or less says that at every element some number is a right rounding of both.
    """
    with np.errstate(invalid="ignore"):
        if other is not None and other.shape == truth.shape:
            gap, allowed = np.abs(truth.value - other.value), truth.spread() + other.spread()
        else:
            gap, allowed = np.abs(held.astype(np.float64) - truth.value), truth.spread()
    if not np.isfinite(gap).all():
        return float("inf")
    with np.errstate(all="ignore"):
        return float(np.max(np.where(gap == 0, 0.0, gap / allowed)))


def smallest(value: Floats, allowed: Floats, held: Array) -> float:
    """The smallest δ for which held·(1 + δ), or held·(1 - δ), is outside, by bisection; infinity if 1 is not."""
    dtype, found = held.dtype, held.astype(np.float64)

    def noticed(delta: float) -> bool:
        moved = ((found * (1 + sign * delta)).astype(dtype) for sign in (1, -1))
        return any(bool((np.abs(m.astype(np.float64) - value) > allowed).any()) for m in moved)

    low, high = 2.0**-60, 1.0
    if not noticed(high):
        return float("inf")
    while high / low > 1.05:
        middle = float(np.sqrt(low * high))
        low, high = (low, middle) if noticed(middle) else (middle, high)
    return high
