"""What selects and rounds nothing: the larger, the smaller, comparisons and the masks that come of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference import operations
from verify.ball.ball import SLACK, Ball, operation


@operation(np.maximum)
def maximum(a: Ball, b: Ball) -> Ball:
    if a.is_exact and b.is_exact:
        return a.same(np.maximum(a.value, b.value), 0.0)
    gap = np.abs(a.value - b.value)  # the smaller one may be the larger, if its ball reaches so far
    first = a.value >= b.value
    radius = np.maximum(np.where(first, a.radius, b.radius), np.where(first, b.radius, a.radius) * SLACK - gap)
    return a.same(np.maximum(a.value, b.value), radius)


@operation(np.minimum)
def minimum(a: Ball, b: Ball) -> Ball:
    opposite = maximum(a.same(-a.value, a.radius), b.same(-b.value, b.radius))
    return a.same(-opposite.value, opposite.radius)


@operation(np.greater)
def greater(a: Ball, b: Ball) -> Any:
    return _compared(a, b, a.value > b.value)


@operation(np.greater_equal)
def greater_equal(a: Ball, b: Ball) -> Any:
    return _compared(a, b, a.value >= b.value)


@operation(np.less)
def less(a: Ball, b: Ball) -> Any:
    return _compared(a, b, a.value < b.value)


@operation(np.less_equal)
def less_equal(a: Ball, b: Ball) -> Any:
    return _compared(a, b, a.value <= b.value)


@operation(operations.choose)
def choose(mask: Any, a: Ball, b: Ball) -> Ball:
    """Of two balls, at each element one; either, where the mask is not certain."""
    if isinstance(mask, Ball):
        one, certain = mask.value > 0, mask.spread() == 0
    else:
        one, certain = mask, True
    value, radius = np.where(one, a.value, b.value), np.where(one, a.radius, b.radius)
    if not np.all(certain):
        apart = np.abs(a.value - b.value) + np.maximum(a.radius, b.radius)
        radius = np.where(certain, radius, apart * SLACK)
    return a.same(value, radius)


def _compared(a: Ball, b: Ball, mask: Any) -> Any:
    """A mask; where the balls overlap it may be either, and is a ball of radius 1 around what the values say."""
    if a.is_exact and b.is_exact:
        return mask
    radius = (a.radius + b.radius) * SLACK
    undecided = (np.abs(a.value - b.value) <= radius) & (radius > 0)
    return a.same(mask, undecided.astype(float)) if undecided.any() else mask


@operation(np.equal)
def equal(a: Ball, b: Ball) -> Any:
    """Z = Z is so wherever Z lies."""
    mask = np.asarray(a.value == b.value)
    return mask if a is b else _compared(a, b, mask)
