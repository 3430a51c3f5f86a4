"""Operations on balls that select and round nothing: maximum, minimum, comparisons, and choosing by a mask."""

from functools import partial
from typing import Any

import numpy as np

from reference import operations
from verify.bounds.ball import SLACK, Ball, on_balls


@on_balls(np.maximum)
def maximum(a: Ball, b: Ball) -> Ball:
    """Larger of a and b, elementwise."""
    if a.is_exact and b.is_exact:
        return a.same(np.maximum(a.value, b.value), 0.0)
    gap = np.abs(a.value - b.value)  # the smaller value may turn out to be the larger, if its ball reaches so far
    first = a.value >= b.value
    radius = np.maximum(np.where(first, a.radius, b.radius), np.where(first, b.radius, a.radius) * SLACK - gap)
    return a.same(np.maximum(a.value, b.value), radius)


@on_balls(np.minimum)
def minimum(a: Ball, b: Ball) -> Ball:
    """Smaller of a and b, elementwise."""
    negated = maximum(a.same(-a.value, a.radius), b.same(-b.value, b.radius))
    return a.same(-negated.value, negated.radius)


@on_balls(operations.sign)
def sign(a: Ball) -> Ball:
    """Sign of a. A ball that reaches 0 holds all three signs."""
    radius = a.spread()
    undecided = (radius > 0) & ~(np.abs(a.value) > radius)  # also where the middle is NaN: the ball is infinite
    return a.same(np.where(undecided, 0.0, np.sign(a.value)), np.where(undecided, 1.0, 0.0))


@on_balls(operations.choose)
def choose(mask: Any, a: Ball, b: Ball) -> Ball:
    """Element of a where the mask is true, of b elsewhere; where the mask is undecided, a ball that holds both."""
    if isinstance(mask, Ball):
        first, certain = mask.value > 0, mask.spread() == 0
    else:
        first, certain = mask, True
    value, radius = np.where(first, a.value, b.value), np.where(first, a.radius, b.radius)
    if not np.all(certain):
        both = np.abs(a.value - b.value) + np.maximum(a.radius, b.radius)
        radius = np.where(certain, radius, both * SLACK)
    return a.same(value, radius)


@on_balls(operations.take)
def take(a: Ball, places: Any) -> Ball:
    """Numbers of each example at these places, 0 for place -1."""
    value = operations.take(a.value, places)
    return a.same(value, operations.take(a.spread(), places) if a.has_radii else np.where(places >= 0, a.radius, 0.0))


@on_balls(operations.chosen_rows)
def chosen_rows(a: Ball, numbers: Ball) -> Ball:
    """Rows of a with these numbers, which must be exact whole numbers.  Raises ValueError for others."""
    whole = whole_numbers(numbers)
    return a.same(operations.chosen_rows(a.value, whole), operations.chosen_rows(a.spread(), whole))


def whole_numbers(numbers: Ball) -> Any:
    """Return the values of exact whole numbers.  Raises ValueError for other numbers."""
    if not numbers.is_exact or np.any(numbers.value != np.floor(numbers.value)):
        raise ValueError("the numbers of rows must be exact whole numbers")
    return numbers.value


@on_balls(operations.first_largest)
def first_largest(a: Ball) -> Any:
    """Mask of the first largest number along the last axis but one.

    Where several numbers may be it, the mask is a ball: its radius is 1 at all of these. Of several exact numbers only
    the first of the largest may be it.
    """
    mask = operations.first_largest(a.value)
    if a.is_exact:
        return mask
    exact = a.spread() == 0
    possible = _may_be_largest(a) & (~exact | operations.first_largest(np.where(exact, a.value, -np.inf)))
    undecided = possible & (np.count_nonzero(possible, axis=-2, keepdims=True) > 1)
    return a.same(mask, undecided.astype(float)) if undecided.any() else mask


@on_balls(operations.shares_of_largest)
def shares_of_largest(a: Ball) -> Ball:
    """1/m at each of the m largest numbers along the last axis but one, 0 elsewhere.

    Where several numbers may be the largest, each has a ball from 0 to its largest share: of exact numbers that are
    equal, either all are the largest or none.
    """
    shares = Ball.constant(operations.shares_of_largest(a.value), a.precision)
    if a.is_exact:
        return shares
    exact = a.spread() == 0
    ties = exact & (a.value == np.max(np.where(exact, a.value, -np.inf), axis=-2, keepdims=True))
    possible = _may_be_largest(a) & (~exact | ties)
    several = np.count_nonzero(possible, axis=-2, keepdims=True) > 1
    undecided = possible & several & np.any(possible & ~exact, axis=-2, keepdims=True)
    half = 0.5 / np.where(ties, np.count_nonzero(ties, axis=-2, keepdims=True), 1)
    radius = np.where(undecided, a.rounded(half, half).radius, shares.spread())
    return a.same(np.where(undecided, half, shares.value), radius)


def _may_be_largest(a: Ball) -> Any:
    """Return a mask of the numbers that may be the largest along the last axis but one, alone or with others.

    The ends of the balls are measured from the largest value, so that small radii count. NaN may be anything.
    """
    largest, radius = np.max(a.value, axis=-2, keepdims=True), a.spread()
    below = np.where(a.value == largest, 0.0, largest - a.value)
    return ~(below > (np.min(below + radius, axis=-2, keepdims=True) + radius) * SLACK)


@on_balls(operations.beside)
def beside(*arrays: Ball) -> Ball:
    """Numbers of each example of all arrays in one row."""
    exact = all(not x.has_radii and not x.radius for x in arrays)
    radius = 0.0 if exact else operations.beside(*(x.spread() for x in arrays))
    return arrays[0].same(operations.beside(*(x.value for x in arrays)), radius)


def _compare(comparison: np.ufunc, a: Ball, b: Ball) -> Any:
    """Return the mask of a comparison, elementwise.

    Where the balls of a and b overlap, the comparison is undecided. If it is undecided anywhere, the result is a ball:
    its radius is 1 at the undecided elements and 0 elsewhere.
    """
    mask = comparison(a.value, b.value)
    if a.is_exact and b.is_exact:
        return mask
    radius = (a.radius + b.radius) * SLACK
    undecided = ~(np.abs(a.value - b.value) > radius) & (radius != 0)  # NaN may be anything
    return a.same(mask, undecided.astype(float)) if undecided.any() else mask


for ufunc in (np.greater, np.greater_equal, np.less, np.less_equal, np.equal):
    on_balls(ufunc)(partial(_compare, ufunc))
