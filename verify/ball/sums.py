"""Products of matrices, and sums: in whatever order their terms are added up."""

from __future__ import annotations

from typing import Any

import numpy as np

from verify.ball.ball import SLACK, Ball, operation
from verify.precision import Precision


def of_sum(precision: Precision, value: Any, incoming: Any, terms: Any, magnitude: Any) -> Ball:
    """A sum of `terms` rounded products: that many roundings at most meet each of them, in any order."""
    radius = (incoming + terms * (precision.joint_unit * magnitude + precision.tiny)) * SLACK
    return Ball(value, radius, precision, (incoming, terms, magnitude))


@operation(np.matmul)
def matmul(a: Ball, b: Ball) -> Ball:
    size_a, size_b = np.abs(a.value), np.abs(b.value)
    value = a.value @ b.value
    incoming: Any = 0.0
    if not b.is_exact:
        incoming = incoming + size_a @ b.spread()
    if not a.is_exact:
        incoming = incoming + a.spread() @ (size_b + b.radius)
    magnitude = size_a @ size_b + incoming
    terms = np.minimum(_count(a, -1), _count(b, -2))
    if a.shape[-1] == 1:  # a single product: one rounding, and nothing to order
        return a.rounded(value, incoming)
    return of_sum(a.precision, value, incoming, terms, magnitude)


def _count(a: Ball, axis: int) -> Any:
    """Count the numbers along an axis that are not exactly 0; the axis stays, with length 1."""
    reach = a.value if a.is_exact else a.reach
    if np.count_nonzero(reach) == reach.size:
        return reach.shape[axis]
    return np.count_nonzero(reach, axis=axis, keepdims=True)


@operation("sum")
def total(a: Ball, axis: Any, keepdims: bool) -> Ball:
    incoming = 0.0 if a.is_exact else np.sum(a.spread(), axis=axis, keepdims=keepdims)
    terms = np.maximum(np.count_nonzero(a.reach, axis=axis, keepdims=keepdims) - 1, 0)
    magnitude = np.sum(a.reach, axis=axis, keepdims=keepdims)
    radius = (incoming + terms * (a.precision.joint_unit * magnitude + a.precision.tiny)) * SLACK
    found = a.same(np.sum(a.value, axis=axis, keepdims=keepdims), radius)
    if not found.value.ndim:  # of several such sums the sum may be taken in any order: each is a term
        found.open_sum = (radius, 1, found.reach)
    return found
