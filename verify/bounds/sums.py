"""Sums and matrix products of balls. The terms may be added up in any order."""

from typing import Any

import numpy as np

from reference import operations
from reference.feedforward import weighted_sum
from verify.bounds.arithmetic import add
from verify.bounds.ball import SLACK, Ball, on_balls
from verify.bounds.selection import whole_numbers
from verify.records.precision import Precision

PART = 2**18  # numbers of a large matrix that are worked on at a time


def of_sum(precision: Precision, value: Any, incoming: Any, terms: Any, magnitude: Any) -> Ball:
    """Return the ball of a sum of `terms` rounded products: in any order, each is rounded at most `terms` times.

    `incoming` is the error that the operands bring; `magnitude` is the sum of the magnitudes of the products.
    """
    return Ball(value, (incoming + terms * (precision.joint_unit * magnitude + precision.tiny)) * SLACK, precision)


@on_balls(np.matmul)
def matmul(a: Ball, b: Ball) -> Ball:
    """Matrix product a·b."""
    incoming, magnitude = _of_products(a, b)
    value = a.value @ b.value
    if a.shape[-1] == 1:  # each element is a single product, rounded once
        return a.rounded(value, incoming)
    return of_sum(a.precision, value, incoming, terms(a, b), magnitude)


@on_balls(weighted_sum)
def product_and_row(a: Ball, b: Ball, row: Ball) -> Ball:
    """Matrix product a·b plus a row. The row is one more term of each sum."""
    if a.shape[-1] == 1:
        return add(matmul(a, b), row)
    incoming, magnitude = _of_products(a, b)
    value = a.value @ b.value + row.value
    return of_sum(a.precision, value, incoming + row.radius, terms(a, b, row), magnitude + row.reach)


def _of_products(a: Ball, b: Ball) -> tuple[Any, Any]:
    """Return two matrices: the error that a and b bring into each sum, and the sum of the products' magnitudes."""
    incoming: Any = 0.0 if b.is_exact else _by_parts(np.abs, a.value, b.spread())
    if not a.is_exact:
        incoming = incoming + a.spread() @ b.reach
    return incoming, _by_parts(np.abs, a.value, np.abs(b.value)) + incoming


def _by_parts(function: Any, a: Any, b: Any) -> Any:
    """Return function(a) @ b. It is computed some rows at a time, so that function(a) is never held as a whole."""
    parts = np.array_split(a, min(max(a.size // PART, 1), a.shape[-2]), axis=-2)
    return np.concatenate([function(part) @ b for part in parts], axis=-2)


def terms(a: Ball, b: Ball, *rows: Ball) -> Any:
    """Count the terms of each element of a·b + rows, leaving out terms that are certainly 0."""
    return np.minimum(_count(a, -1), _count(b, -2)) + sum(np.where(row.reach > 0, 1, 0) for row in rows)


def _count(a: Ball, axis: int) -> Any:
    """Count the numbers along an axis that are not exactly 0.

    The axis is kept with length 1. If no number of the array is 0, the count is the single number `shape[axis]`.
    """
    count = np.count_nonzero(a.may_count, axis=axis, keepdims=True)
    return a.shape[axis] if np.all(count == a.shape[axis]) else count


@on_balls("sum")
def total(a: Ball, axis: Any, keepdims: bool) -> Ball:
    """Sum of the elements along an axis (of all elements for None)."""
    incoming = 0.0 if a.is_exact else a.spread().sum(axis=axis, keepdims=keepdims)
    reach = a.reach
    count = np.maximum((reach != 0).sum(axis=axis, keepdims=keepdims) - 1, 0)
    magnitude = reach.sum(axis=axis, keepdims=keepdims)
    return of_sum(a.precision, a.value.sum(axis=axis, keepdims=keepdims), incoming, count, magnitude)


@on_balls(operations.norm)
def norm(*arrays: Ball) -> Ball:
    """Square root of the sum of all squares: the squares of each array are added up, then the sums of the arrays."""
    sums = [total(x * x, None, False) for x in arrays]
    value, incoming = sum(x.value for x in sums), sum(x.radius for x in sums)
    sum_of_squares = of_sum(sums[0].precision, value, incoming, len(sums) - 1, sum(x.reach for x in sums))
    root: Ball = np.sqrt(sum_of_squares)
    return root


@on_balls(operations.added)
def added(*terms: Ball) -> Ball:
    """Sum of several terms, added up in any order."""
    if len(terms) <= 2:
        return terms[0] if len(terms) == 1 else add(*terms)
    value, incoming = sum(x.value for x in terms), sum(x.radius for x in terms)
    count = np.maximum(sum((x.reach != 0).astype(int) for x in terms) - 1, 0)
    return of_sum(terms[0].precision, value, incoming, count, sum(x.reach for x in terms))


@on_balls(operations.added_rows)
def added_rows(start: Ball, rows: Ball, found: Ball, numbers: Any) -> Ball:
    """Start plus the rows at which `found` has each number, added up in any order. A row without terms is exact.

    Raises ValueError if `found` has other than exact whole numbers.
    """
    whole, each = whole_numbers(found), numbers.value if isinstance(numbers, Ball) else numbers

    def total(first: Any, of_rows: Any) -> Any:
        return operations.added_rows(first, of_rows, whole, each)

    value, incoming = total(start.value, rows.value), total(start.radius, rows.spread())
    count = total((start.reach > 0).astype(float), (rows.reach > 0).astype(float))
    return of_sum(rows.precision, value, incoming, np.maximum(count - 1, 0), total(start.reach, rows.reach))
