"""What selects and rounds nothing: the larger, the smaller, comparisons and the masks that come of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference import operations
from verify.bounds.ball import SLACK, Ball, on_balls


@on_balls(np.maximum)
def maximum(a: Ball, b: Ball) -> Ball:
    if a.is_exact and b.is_exact:
        return a.same(np.maximum(a.value, b.value), 0.0)
    gap = np.abs(a.value - b.value)  # the smaller one may be the larger, if its ball reaches so far
    first = a.value >= b.value
    radius = np.maximum(np.where(first, a.radius, b.radius), np.where(first, b.radius, a.radius) * SLACK - gap)
    return a.same(np.maximum(a.value, b.value), radius)


@on_balls(np.minimum)
def minimum(a: Ball, b: Ball) -> Ball:
    opposite = maximum(a.same(-a.value, a.radius), b.same(-b.value, b.radius))
    return a.same(-opposite.value, opposite.radius)


@on_balls(np.greater)
def greater(a: Ball, b: Ball) -> Any:
    return _compared(a, b, a.value > b.value)


@on_balls(np.greater_equal)
def greater_equal(a: Ball, b: Ball) -> Any:
    return _compared(a, b, a.value >= b.value)


@on_balls(np.less)
def less(a: Ball, b: Ball) -> Any:
    return _compared(a, b, a.value < b.value)


@on_balls(np.less_equal)
def less_equal(a: Ball, b: Ball) -> Any:
    return _compared(a, b, a.value <= b.value)


@on_balls(operations.choose)
def choose(mask: Any, a: Ball, b: Ball) -> Ball:
    """At each element one of two balls; where the mask is undecided, a ball that holds both."""
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
    undecided = ~(np.abs(a.value - b.value) > radius) & (radius > 0)
    return a.same(mask, undecided.astype(float)) if undecided.any() else mask


@on_balls(np.equal)
def equal(a: Ball, b: Ball) -> Any:
    return _compared(a, b, np.asarray(a.value == b.value))
