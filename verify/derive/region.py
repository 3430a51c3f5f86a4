"""Evaluate a part of a tree: one element, and of everything else just what that element needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from verify.derive.expression import Node

Region = tuple[tuple[int, ...] | None, ...]  # of each axis the indices, counted from 0; None: all


class Algebra(Protocol):
    """Numbers of one kind.  `as_declared`: a declared operation is applied whole, instead of its body."""

    as_declared: bool

    def tensor(self, name: str, region: Region) -> Any: ...

    def constant(self, value: Any) -> Any: ...

    def apply(self, node: Node, operands: tuple[Any, ...]) -> Any: ...


def at(index: tuple[int, ...]) -> Region:
    """One element, as a region."""
    return tuple((i,) for i in index)


def evaluate(node: Node, region: Region, algebra: Algebra, memo: dict[Any, Any]) -> Any:
    """The node's numbers there. `memo` is kept by the caller, for one algebra."""
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
            memo[key] = algebra.apply(node, tuple(evaluate(o, r, algebra, memo) for o, r in parts))
    return memo[key]


def parts_of(node: Node, region: Region) -> tuple[Region, ...]:
    """Which part of each operand is needed for this part of the node."""
    if node.body is not None:
        needed = _needed(node.body, region, frozenset(node.operands))
        return tuple(needed.get(operand, (None,) * len(operand.shape)) for operand in node.operands)
    return tuple(PARTS.get(node.operation, _broadcast)(node, operand, k, region) for k, operand in
                 enumerate(node.operands))  # fmt: skip


def _needed(node: Node, region: Region, operands: frozenset[Node]) -> dict[Node, Region]:
    """Which parts of the operands this part of a body needs; the whole operand, if it needs two different parts."""
    if node in operands:
        return {node: region}
    found: dict[Node, Region] = {}
    for inner, part in zip(node.operands, parts_of(node, region), strict=True):
        for operand, there in _needed(inner, part, operands).items():
            found[operand] = there if found.get(operand, there) == there else (None,) * len(operand.shape)
    return found


def _broadcast(node: Node, operand: Node, _: int, region: Region) -> Region:
    ends = len(node.shape) - len(operand.shape)
    return tuple(
        None if n == 1 != node.shape[ends + axis] else region[ends + axis] for axis, n in enumerate(operand.shape)
    )


def _of_product(node: Node, operand: Node, k: int, region: Region) -> Region:
    return (region[0], None) if k == 0 else (None, region[1])


def _of_transpose(node: Node, operand: Node, k: int, region: Region) -> Region:
    return region[::-1]


def _of_reduction(node: Node, operand: Node, k: int, region: Region) -> Region:
    if node.axis is None:
        return (None,) * len(operand.shape)
    kept = list(region)
    if node.keepdims:
        kept[node.axis] = None
    else:
        kept.insert(node.axis, None)
    return tuple(kept)


PARTS: dict[str, Callable[[Node, Node, int, Region], Region]] = {
    "matmul": _of_product, "transpose": _of_transpose, "sum": _of_reduction, "max": _of_reduction,
}  # fmt: skip


def cut(array: Any, region: Region) -> Any:
    """That part of an array; every axis stays."""
    for axis, indices in enumerate(region):
        if indices is not None:
            array = array.take(indices, axis=axis)
    return array
