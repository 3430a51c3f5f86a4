"""Bounds of single elements of a matrix product, where most elements are reproduced and need no bound.

The bound n·u·Σ|a||b| (Higham 2002, ch. 3) is also in `verify.bounds.sums`, for whole products. This module computes it
only for the rows that contain an element without reproduced bits, and skips zeros such as dark pixels.
"""

from typing import Any

import numpy as np
from numba import njit

from verify.bounds.ball import SLACK
from verify.records.precision import Precision
from verify.records.trace import Array

UNKNOWN = -1.0


def utilisation(
    operands: tuple[Array, ...], summed: tuple[int, int], tensorflow: Array, same: Array, precision: Precision
) -> float | None:
    """Return the largest error/bound of the elements of `tensorflow` that are not reproduced (`same`).

    Returns infinity if an element is outside its bound. `operands` are two matrices, whose axes `summed` are summed
    over, and optionally a row that is added. Returns None where this module knows no bound: the operands have
    unexpected shapes, or contain a subnormal number, which arithmetic may read as 0.
    """
    a, b = (x.T if axis != side else x for x, axis, side in zip(operands, summed, (1, 0), strict=False))
    if a.ndim != 2 or b.ndim != 2:
        return None
    row = operands[2] if len(operands) == 3 else np.zeros((1, b.shape[1]), a.dtype)
    if a.shape[1] != b.shape[0] or row.shape != (1, b.shape[1]) or a.shape[1] < 2:
        return None
    if tensorflow.shape != (a.shape[0], b.shape[1]):
        return None
    wide = (np.ascontiguousarray(x, dtype=np.float64) for x in (a, b, row[0], tensorflow))
    ratio = _largest(*wide, same, precision.joint_unit, precision.tiny, SLACK)
    return None if ratio == UNKNOWN else ratio


@njit  # type: ignore[untyped-decorator]
def _largest(a: Any, b: Any, row: Any, tensorflow: Any, same: Any, unit: float, tiny: float, slack: float) -> float:
    """Return the largest error/bound of the elements of a·b + row that are not reproduced, added up in float64.

    Returns infinity if an element is outside its bound, UNKNOWN if an operand is subnormal.
    """
    columns = np.zeros(b.shape[1], np.int64)  # for each column of b, how many numbers are not 0
    subnormal = False
    for k in range(b.shape[0]):
        for j in range(b.shape[1]):
            columns[j] += b[k, j] != 0
            subnormal |= 0 < abs(b[k, j]) < tiny
    if subnormal:
        return UNKNOWN
    largest = 0.0
    value, size = np.empty(b.shape[1]), np.empty(b.shape[1])
    for i in range(a.shape[0]):
        if same[i].all():
            continue
        value[:] = 0.0
        size[:] = 0.0
        terms = 0
        for k in range(a.shape[1]):
            x = a[i, k]
            if x != 0:
                if abs(x) < tiny:
                    return UNKNOWN
                terms += 1
                for j in range(b.shape[1]):
                    value[j] += x * b[k, j]
                    size[j] += abs(x * b[k, j])
        for j in range(b.shape[1]):
            if not same[i, j]:
                if 0 < abs(row[j]) < tiny:
                    return UNKNOWN
                count = min(terms, columns[j]) + (row[j] != 0)
                bound = count * (unit * (size[j] + abs(row[j])) + tiny) * slack
                error = abs(tensorflow[i, j] - (value[j] + row[j]))
                if not error <= bound or bound == np.inf:
                    return np.inf
                if error > 0:
                    largest = max(largest, error / bound)
    return largest
