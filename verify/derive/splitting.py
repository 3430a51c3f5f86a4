"""Find out over what a sum really runs: an axis of 18 numbers may be 3 rows, 3 columns and 2 channels, row by row."""

from itertools import accumulate, pairwise
from math import prod
from operator import mul

import numpy as np

from verify.derive.arrangement import index_of
from verify.derive.expression import ExpressionNode
from verify.records.trace import Array

Split = tuple[int, ...]  # the lengths of the axes that were put into one, whose product is its length


def split(node: ExpressionNode, axis: int) -> Split:
    """Return the lengths of the axes that were put into one axis of a node."""
    operation, operands, n = node.operation, node.operands, node.shape[axis]
    if node.body is not None:
        return split(node.body, axis)
    if operation == "transpose":
        return split(operands[0], node.axes[axis])
    if operation == "reshape":
        return _of_reshape(node, axis)
    if operation == "take":
        return split(operands[0], 0) if axis == 0 else _of_places(node, axis)
    if operation == "matmul" and axis >= len(node.shape) - 2:
        operand = operands[axis - len(node.shape) + 2]
        return split(operand, axis - len(node.shape) + len(operand.shape))
    if operation in ("sum", "max"):
        left = [k for k in range(len(operands[0].shape)) if node.keepdims or k not in node.axes]
        return split(operands[0], left[axis]) if left[axis] not in node.axes else (n,)
    if node.source is None and operation != "matmul":
        behind = axis - len(node.shape)  # operands broadcast: their axes are counted from the end
        fitting = [x for x in operands if len(x.shape) >= -behind and x.shape[behind] == n]
        return refined(n, *(split(x, behind + len(x.shape)) for x in fitting))
    return (n,)


def refined(n: int, *splits: Split) -> Split:
    """Return the lengths into which all these splits of n numbers can be divided; the first split if there are none."""
    ends = sorted({end for lengths in splits for end in accumulate(reversed(lengths), mul)} | {n} - {1})
    parts = [(b, a) for a, b in pairwise((1, *(end for end in ends if end > 1)))]
    if any(b % a for b, a in parts):
        return tuple(length for length in splits[0] if length > 1)
    return tuple(b // a for b, a in reversed(parts))


def _of_reshape(node: ExpressionNode, axis: int) -> Split:
    """Return the axes of the operand that a reshape puts into one."""
    (operand,) = node.operands
    behind, lengths = prod(node.shape[axis + 1 :]), operand.shape
    ends = [prod(lengths[k:]) for k in range(len(lengths) + 1)]  # how many numbers begin with each axis
    total = behind * node.shape[axis]
    if behind not in ends or total not in ends:
        return (node.shape[axis],)
    first, last = ends.index(total), len(ends) - 1 - ends[::-1].index(behind)
    return tuple(n for k in range(first, last) for n in split(operand, k)) or (1,)


def _of_places(node: ExpressionNode, axis: int) -> Split:
    """Return the rows and columns of a window whose places stand in one axis."""
    assert node.source is not None
    grid = np.ix_(np.zeros(1, dtype=int), *(np.arange(n) for n in node.shape[1:]))
    rows = np.moveaxis(node.source(*grid)[1], axis, -1).reshape(-1, node.shape[axis])
    whole = rows[(rows >= 0).all(axis=-1)]
    if not len(whole):
        return (node.shape[axis],)
    return _of_row(np.stack(index_of(whole[0], node.operands[0].shape), axis=-1))


def _of_row(indices: Array) -> Split:
    """Return how a row of indices [n, axes] is divided: the parts of equal steps, and how their starts are divided."""
    n, steps = len(indices), np.diff(indices, axis=0)
    changes = np.flatnonzero((steps != steps[:1]).any(axis=-1))
    if not len(changes) or n % (inner := int(changes[0]) + 1):
        return (n,)
    parts = indices.reshape(-1, inner, indices.shape[-1])
    if (parts - parts[:, :1] != parts[0] - parts[0, :1]).any():
        return (n,)
    return (*_of_row(parts[:, 0]), inner)
