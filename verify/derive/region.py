"""Evaluate a region of a tree: one element, and of every operand only what this element needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from verify.derive.expression import ExpressionNode

Region = tuple[tuple[int, ...] | None, ...]  # the indices on each axis, counted from 0; None: all of them


class Algebra(Protocol):
    """The arithmetic in which a tree is evaluated: exact, in float64, or in balls.

    `as_declared`: an operation that `reference` declares is applied as a whole; otherwise its body is evaluated.
    """

    as_declared: bool

    def tensor(self, name: str, region: Region) -> Any:
        """Return a region of a tensor."""

    def constant(self, value: Any) -> Any:
        """Return a constant."""

    def apply(self, node: ExpressionNode, operands: tuple[Any, ...]) -> Any:
        """Return the result of a node's operation on evaluated operands."""


def at(index: tuple[int, ...]) -> Region:
    """Return the region of one element."""
    return tuple((i,) for i in index)


def evaluate(node: ExpressionNode, region: Region, algebra: Algebra, memo: dict[Any, Any]) -> Any:
    """Return the numbers of a node in a region.  The caller keeps `memo`, one for each algebra."""
    key = (node, region)
    if key not in memo:
        if node.operation == "tensor":
            memo[key] = algebra.tensor(node.name, region)
        elif node.operation == "constant":
            memo[key] = algebra.constant(cut(node.value, region) if node.shape else node.value)
        elif node.body is not None and not algebra.as_declared:
            memo[key] = evaluate(node.body, region, algebra, memo)
        else:
            parts = zip(node.operands, parts_of(node, region), strict=True)
            memo[key] = algebra.apply(node, tuple(evaluate(operand, part, algebra, memo) for operand, part in parts))
    return memo[key]


def parts_of(node: ExpressionNode, region: Region) -> tuple[Region, ...]:
    """Return for each operand the region that is needed for this region of the node."""
    if node.body is not None:
        needed = _needed(node.body, region, frozenset(node.operands))
        return tuple(needed.get(operand, _everything(operand)) for operand in node.operands)
    part = PARTS.get(node.operation, _broadcast)
    return tuple(part(node, operand, k, region) for k, operand in enumerate(node.operands))


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


def _broadcast(node: ExpressionNode, operand: ExpressionNode, _: int, region: Region) -> Region:
    """Return the operand's region for an elementwise operation; an axis of length 1 is needed as a whole."""
    missing = len(node.shape) - len(operand.shape)
    axes = zip(operand.shape, node.shape[missing:], region[missing:], strict=True)
    return tuple(None if n == 1 and wide != 1 else indices for n, wide, indices in axes)


def _of_product(node: ExpressionNode, operand: ExpressionNode, k: int, region: Region) -> Region:
    return (region[0], None) if k == 0 else (None, region[1])


def _of_transpose(node: ExpressionNode, operand: ExpressionNode, k: int, region: Region) -> Region:
    return region[::-1]


def _of_reduction(node: ExpressionNode, operand: ExpressionNode, k: int, region: Region) -> Region:
    if node.axis is None:
        return _everything(operand)
    indices = list(region)
    if node.keepdims:
        indices[node.axis] = None
    else:
        indices.insert(node.axis, None)
    return tuple(indices)


PARTS: dict[str, Callable[[ExpressionNode, ExpressionNode, int, Region], Region]] = {
    "matmul": _of_product,
    "transpose": _of_transpose,
    "sum": _of_reduction,
    "max": _of_reduction,
}


def cut(array: Any, region: Region) -> Any:
    """Return a region of an array.  Every axis remains."""
    for axis, indices in enumerate(region):
        if indices is not None:
            array = array.take(indices, axis=axis)
    return array
