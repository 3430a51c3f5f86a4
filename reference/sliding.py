"""A kernel that slides over an array: which numbers it meets at each position, and the sums of products over them.

Convolutions, depthwise and transposed convolutions are such sums. Arrays have the channels last, examples first:

    X [N, *inputs, C]    Z [N, *outputs, F]    W [*kernel, C/groups, F]

At output position o, the kernel's number at offset k meets the input position o·stride + k·dilation - before, along
each axis; outside the array it meets a 0. P, I and K are the numbers of output positions, of input positions and of
offsets. With several groups, filters of group g read the channels of group g only.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference.feedforward import weighted_sum
from reference.operations import take

Places = NDArray[np.int64]
Sizes = tuple[int, ...]  # one number for each axis that the kernel slides along


@dataclass(frozen=True)
class Sliding:
    """How a kernel slides: the sizes of what it reads and gives, its own, and its steps; `before`: zeros at the start.

    Dumoulin & Visin 2016, sections 2.4 and 5.1, name these i, o, k, s, d and p.
    """

    inputs: Sizes
    outputs: Sizes
    kernel: Sizes
    strides: Sizes
    dilation: Sizes
    before: Sizes

    @property
    def behind(self) -> Sizes:
        """max((o-1)s + length - i - p, 0), the zeros behind the end.  tf.nn, "Notes on padding"."""
        needed = ((o - 1) * s + extent(k, d) - i - p for i, o, k, s, d, p in _axes(self))
        return tuple(max(zeros, 0) for zeros in needed)


def extent(kernel: int, dilation: int) -> int:
    """k + (k-1)(d-1), the length from the first to the last number of a dilated kernel.  Dumoulin & Visin 2016, 5.1"""
    return (kernel - 1) * dilation + 1


def same_padding(size: int, outputs: int, length: int, stride: int) -> int:
    """How many zeros padding "same" puts before the first number; one more stands behind if their number is odd.

    TensorFlow's documentation of tf.nn, "Notes on padding": max((o-1)s + length - i, 0) // 2.
    """
    return max((outputs - 1) * stride + length - size, 0) // 2


def _meetings(sliding: Sliding) -> list[Places]:
    """Return for each axis the input position that output o meets at offset k, -1 outside.  -> [o, k] each"""
    tables = []
    for size, outputs, kernel, stride, dilation, before in _axes(sliding):
        met = np.arange(outputs)[:, None] * stride + np.arange(kernel) * dilation - before
        tables.append(np.where((met >= 0) & (met < size), met, -1))
    return tables


def _meetings_back(sliding: Sliding) -> list[Places]:
    """Return for each axis the output position that input i is met by at offset k, -1 if none is.  -> [i, k] each"""
    tables = []
    for size, outputs, kernel, stride, dilation, before in _axes(sliding):
        steps = np.arange(size)[:, None] + before - np.arange(kernel) * dilation
        tables.append(np.where((steps % stride == 0) & (steps >= 0) & (steps < outputs * stride), steps // stride, -1))
    return tables


def _axes(sliding: Sliding) -> list[Sizes]:
    s = sliding
    return list(zip(s.inputs, s.outputs, s.kernel, s.strides, s.dilation, s.before, strict=True))


def _joined(tables: list[Places], sizes: Sizes, channels: int) -> Places:
    """Return the places in an example's row, from a table for each axis.  [p, k] each -> [P, K, channels]"""
    rank = len(tables)
    row, inside = np.zeros((1,) * 2 * rank, dtype=np.int64), np.ones((1,) * 2 * rank, dtype=bool)
    for axis, (table, size) in enumerate(zip(tables, sizes, strict=True)):
        shape = [1] * 2 * rank
        shape[axis], shape[rank + axis] = table.shape
        met = table.reshape(shape)
        row, inside = row * size + met, inside & (met >= 0)
    positions, offsets = prod(len(table) for table in tables), prod(table.shape[1] for table in tables)
    places = row.reshape(positions, offsets, 1) * channels + np.arange(channels)
    return np.where(inside.reshape(positions, offsets, 1), places, -1)


@lru_cache(maxsize=16)
def windows(sliding: Sliding, channels: int) -> Places:
    """Return the places of the numbers that each output position meets.  -> [P, K, channels]"""
    return _joined(_meetings(sliding), sliding.inputs, channels)


@lru_cache(maxsize=16)
def meeting(sliding: Sliding, channels: int) -> Places:
    """Return the places of the outputs that meet each input position, at each offset.  -> [I, K, channels]"""
    return _joined(_meetings_back(sliding), sliding.outputs, channels)


def by_group(T: Any, groups: int) -> Any:
    """The numbers of each row, apart by the group of their channel.  [..., K, C] -> [groups, rows, K·C/groups]"""
    offsets, channels = T.shape[-2:]
    apart = T.reshape(-1, offsets, groups, channels // groups).transpose(2, 0, 1, 3)
    return apart.reshape(groups, -1, offsets * channels // groups)


def columns(T: Any, groups: int) -> Any:
    """The last axis apart by group, all others in one.  [..., F] -> [groups, m, F/groups]"""
    return T.reshape(-1, groups, T.shape[-1] // groups).transpose(1, 0, 2)


def back_columns(W: Any, groups: int) -> Any:
    """The kernel with channels and filters exchanged.  W [*kernel, C/g, F] -> [g, K·F/g, C/g] for g groups"""
    channels, filters = W.shape[-2:]
    exchanged = W.reshape(-1, channels, groups, filters // groups).transpose(2, 0, 3, 1)
    return exchanged.reshape(groups, -1, channels)


def in_order(T: Any, *shape: int) -> Any:
    """The groups beside each other again.  [groups, rows, n] -> shape"""
    return T.transpose(1, 0, 2).reshape(*shape)


def sums(rows: Any, matrix: Any, B: Any) -> Any:
    """One sum of products for each row and column, plus the column's bias if there is one.

    rows [g, m, k], matrix [g, k, n], B [1, g·n] or None -> [g, m, n]
    """
    return rows @ matrix if B is None else weighted_sum(rows, matrix, columns(B, len(matrix)))


def met_sums(X: Any, W: Any, B: Any = None, *, sliding: Sliding, groups: int = 1) -> Any:
    """Z[o] = Σ_k X[o·stride + k·dilation - before] W[k] + B, a cross-correlation: the kernel is not flipped.

    X [N, *inputs, C], W [*kernel, C/groups, F], B [1, F] -> [N, *outputs, F].  Goodfellow et al. 2016, (9.6), (9.8)
    """
    rows = by_group(take(X, windows(sliding, X.shape[-1])), groups)
    return in_order(sums(rows, columns(W, groups), B), len(X), *sliding.outputs, W.shape[-1])


def met_sums_back(dZ: Any, W: Any, B: Any = None, *, sliding: Sliding, groups: int = 1) -> Any:
    """dX[i] = Σ dZ[o] W[k] over all o and k that meet i, plus B: the way back through `met_sums`.

    dZ [N, *outputs, F], W [*kernel, C/groups, F], B [1, C] -> [N, *inputs, C].  Goodfellow et al. 2016, (9.13)
    """
    rows = by_group(take(dZ, meeting(sliding, dZ.shape[-1])), groups)
    channels = W.shape[-2] * groups
    return in_order(sums(rows, back_columns(W, groups), B), len(dZ), *sliding.inputs, channels)


def kernel_gradient(X: Any, dZ: Any, *, sliding: Sliding, groups: int = 1) -> Any:
    """dW[k] = Σ X[o·stride + k·dilation - before] dZ[o] over all positions o and all examples.

    X [N, *inputs, C], dZ [N, *outputs, F] -> [*kernel, C/groups, F].  Goodfellow et al. 2016, (9.11)
    """
    channels, filters = X.shape[-1], dZ.shape[-1]
    rows = by_group(take(X, windows(sliding, channels)), groups)
    dW = rows.transpose(0, 2, 1) @ columns(dZ, groups)
    return in_order(dW, *sliding.kernel, channels // groups, filters)
