"""Products of matrices, and sums: in whatever order their terms are added up."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference import operations
from reference.feedforward import weighted_sum
from verify.bounds.arithmetic import add
from verify.bounds.ball import SLACK, Ball, on_balls
from verify.records.precision import Precision


def of_sum(precision: Precision, value: Any, incoming: Any, terms: Any, magnitude: Any) -> Ball:
    """A sum of `terms` rounded products: that many roundings at most meet each of them, in any order."""
    return Ball(value, (incoming + terms * (precision.joint_unit * magnitude + precision.tiny)) * SLACK, precision)


@on_balls(np.matmul)
def matmul(a: Ball, b: Ball) -> Ball:
    incoming, magnitude = _of_products(a, b)
    value = a.value @ b.value
    if a.shape[-1] == 1:  # a single product: one rounding, and nothing to order
        return a.rounded(value, incoming)
    return of_sum(a.precision, value, incoming, terms(a, b), magnitude)


@on_balls(weighted_sum)
def product_and_row(a: Ball, b: Ball, row: Ball) -> Ball:
    """The row is one more term of the sum, in any order."""
    if a.shape[-1] == 1:
        return add(matmul(a, b), row)
    incoming, magnitude = _of_products(a, b)
    value = a.value @ b.value + row.value
    return of_sum(a.precision, value, incoming + row.radius, terms(a, b, row), magnitude + row.reach)


def _of_products(a: Ball, b: Ball) -> tuple[Any, Any]:
    """The error that comes into the sums with a and b, and the sums of the magnitudes of their products."""
    size_a, size_b = np.abs(a.value), np.abs(b.value)
    incoming: Any = 0.0
    if not b.is_exact:
        incoming = incoming + size_a @ b.spread()
    if not a.is_exact:
        incoming = incoming + a.spread() @ (size_b + b.radius)
    return incoming, size_a @ size_b + incoming


def terms(a: Ball, b: Ball, *rows: Ball) -> Any:
    """Count the terms of each sum of a product, and of rows added to it, that are not 0 for certain."""
    return np.minimum(_count(a, -1), _count(b, -2)) + sum(np.where(row.reach > 0, 1, 0) for row in rows)


def _count(a: Ball, axis: int) -> Any:
    """Count the numbers along an axis that are not exactly 0; the axis stays, with length 1."""
    reach = a.value if a.is_exact else a.reach
    if np.count_nonzero(reach) == reach.size:
        return reach.shape[axis]
    return np.count_nonzero(reach, axis=axis, keepdims=True)


@on_balls("sum")
def total(a: Ball, axis: Any, keepdims: bool) -> Ball:
    incoming = 0.0 if a.is_exact else a.spread().sum(axis=axis, keepdims=keepdims)
    reach = a.reach
    count = np.maximum((reach != 0).sum(axis=axis, keepdims=keepdims) - 1, 0)
    magnitude = reach.sum(axis=axis, keepdims=keepdims)
    return of_sum(a.precision, a.value.sum(axis=axis, keepdims=keepdims), incoming, count, magnitude)


@on_balls(operations.norm)
def norm(*arrays: Ball) -> Ball:
    """The squares of each array are added up, then their sums, both in any order."""
    sums = [total(x * x, None, False) for x in arrays]
    value, incoming = sum(x.value for x in sums), sum(x.radius for x in sums)
    whole = of_sum(sums[0].precision, value, incoming, len(sums) - 1, sum(x.reach for x in sums))
    root: Ball = np.sqrt(whole)
    return root
