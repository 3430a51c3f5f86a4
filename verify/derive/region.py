"""Evaluate a region of a tree: one element, and of every operand only what this element needs."""

import math
from typing import Any, Protocol

import numpy as np

from verify.derive.arrangement import index_of, place_of
from verify.derive.expression import ALONG, ExpressionNode
from verify.records.trace import Array

Region = tuple[tuple[int, ...] | None, ...]  # the indices on each axis, counted from 0; None: all of them
Memo = dict[tuple[ExpressionNode, Region], Any]


class Algebra(Protocol):
    """The arithmetic in which a tree is evaluated: exact, in float64, or in balls.

    `as_declared`: an operation that `reference` declares is applied as a whole; otherwise its body is evaluated.
    `memo` keeps what has been evaluated.
    """

    as_declared: bool
    memo: Memo

    def tensor(self, name: str, region: Region) -> Any:
        """Return a region of a tensor."""

    def constant(self, value: Any) -> Any:
        """Return a constant."""

    def apply(self, node: ExpressionNode, operands: tuple[Any, ...]) -> Any:
        """Return the result of a node's operation on evaluated operands."""

    def gather(self, operands: tuple[Any, ...], places: Array) -> Any:
        """Return the numbers at these places of all numbers of the operands, one operand behind the other; -1: 0."""


def element_region(index: tuple[int, ...]) -> Region:
    """Return the region of one element."""
    return tuple((i,) for i in index)


def evaluate_region(node: ExpressionNode, region: Region, algebra: Algebra) -> Any:
    """Return the numbers of a node in a region."""
    key = (node, region)
    if key not in algebra.memo:
        if node.operation == "tensor":
            result = algebra.tensor(node.name, region)
        elif node.operation == "constant":
            result = algebra.constant(cut(node.value, region) if node.shape else node.value)
        elif node.body is not None and not algebra.as_declared:
            result = evaluate_region(node.body, region, algebra)
        elif node.source is not None:
            regions, places = _sources(node, region)
            numbers = zip(node.operands, regions, strict=True)
            result = algebra.gather(tuple(evaluate_region(*operand, algebra) for operand in numbers), places)
        else:
            operands = zip(node.operands, parts_of(node, region), strict=True)
            result = algebra.apply(node, tuple(evaluate_region(*operand, algebra) for operand in operands))
            if node.operation in ALONG:
                result = algebra.gather((result,), _of_axis(node, region))
        algebra.memo[key] = result
    return algebra.memo[key]


def parts_of(node: ExpressionNode, region: Region) -> tuple[Region, ...]:
    """Return for each operand the region that is needed for this region of the node."""
    if node.operation in ALONG:
        return tuple((*region[:-2], None, region[-1]) for _ in node.operands)
    if node.body is not None:
        needed = _needed(node.body, region, frozenset(node.operands))
        return tuple(needed.get(operand, _everything(operand)) for operand in node.operands)
    if node.source is not None:
        return _sources(node, region)[0]
    if node.operation == "matmul":
        return _of_matmul(node, region)
    if node.operation in ("sum", "max"):
        return (_of_reduction(node, region),)
    return tuple(_broadcast(node, operand, region) for operand in node.operands)


def _everything(node: ExpressionNode) -> Region:
    return (None,) * len(node.shape)


def _needed(node: ExpressionNode, region: Region, operands: frozenset[ExpressionNode]) -> dict[ExpressionNode, Region]:
    """Return the regions of the operands that a region of a body needs.

    An operand of which two different regions are needed is needed as a whole.
    """
    if node in operands:
        return {node: region}
    needed: dict[ExpressionNode, Region] = {}
    for inner, inner_region in zip(node.operands, parts_of(node, region), strict=True):
        for operand, part in _needed(inner, inner_region, operands).items():
            needed[operand] = part if needed.get(operand, part) == part else _everything(operand)
    return needed


def _sources(node: ExpressionNode, region: Region) -> tuple[tuple[Region, ...], Array]:
    """Return for each operand the region from which an operation moves numbers, and the places for `gather`.

    A region of an operand has the indices that occur on each axis.
    """
    assert node.source is not None
    indices = [range(n) if part is None else part for n, part in zip(node.shape, region, strict=True)]
    shape = tuple(len(part) for part in indices)
    which, places = (np.broadcast_to(x, shape) for x in node.source(*np.ix_(*map(np.asarray, indices))))
    regions, gathered, start = [], np.full(shape, -1), 0
    for number, operand in enumerate(node.operands):
        mine = (which == number) & (places >= 0)
        index = index_of(places[mine], operand.shape)
        needed = [np.unique(i) if i.size else np.zeros(1, dtype=int) for i in index]
        gathered[mine] = start + place_of(
            [np.searchsorted(axis, i) for axis, i in zip(needed, index, strict=True)], tuple(map(len, needed))
        )
        start += math.prod(map(len, needed))
        axes = zip(needed, operand.shape, strict=True)
        regions.append(tuple(None if len(axis) == n else tuple(axis.tolist()) for axis, n in axes))
    return tuple(regions), gathered


def _of_axis(node: ExpressionNode, region: Region) -> Array:
    """Return the places of a region among the numbers of the region with the whole last axis but one."""
    lengths = [n if part is None else len(part) for n, part in zip(node.shape, region, strict=True)]
    lengths[-2] = node.shape[-2]
    places: Array = cut(
        np.arange(math.prod(lengths)).reshape(lengths), (*(None for _ in lengths[2:]), region[-2], None)
    )
    return places


def _of_matmul(node: ExpressionNode, region: Region) -> tuple[Region, Region]:
    """Return the regions of both operands: the rows of one, the columns of the other, of the matrices needed."""
    left, right = (_axes(node.shape[:-2], x.shape[:-2], region[:-2]) for x in node.operands)
    return (*left, region[-2], None), (*right, None, region[-1])


def _broadcast(node: ExpressionNode, operand: ExpressionNode, region: Region) -> Region:
    """Return the operand's region for an elementwise operation."""
    return _axes(node.shape, operand.shape, region)


def _axes(result: tuple[int, ...], operand: tuple[int, ...], region: Region) -> Region:
    """Return the region of an operand that is broadcast; an axis of length 1 is needed as a whole."""
    missing = len(result) - len(operand)
    axes = zip(operand, result[missing:], region[missing:], strict=True)
    return tuple(None if n == 1 and wide != 1 else indices for n, wide, indices in axes)


def _of_reduction(node: ExpressionNode, region: Region) -> Region:
    """Return the operand's region for a sum or a maximum, which needs the whole axes that it runs along."""
    kept = [part for axis, part in enumerate(region) if not (node.keepdims and axis in node.axes)]
    rest = iter(kept)
    return tuple(None if axis in node.axes else next(rest) for axis in range(len(node.operands[0].shape)))


def cut(array: Any, region: Region) -> Any:
    """Return a region of an array.  Every axis remains."""
    for axis, indices in enumerate(region):
        if indices is not None:
            array = array.take(indices, axis=axis)
    return array
