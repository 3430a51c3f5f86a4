"""Evaluate a region of a tree: one element, and of every operand only what this element needs."""

from typing import Any, Protocol

from verify.derive.expression import ExpressionNode

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
        else:
            operands = zip(node.operands, parts_of(node, region), strict=True)
            result = algebra.apply(node, tuple(evaluate_region(*operand, algebra) for operand in operands))
        algebra.memo[key] = result
    return algebra.memo[key]


def parts_of(node: ExpressionNode, region: Region) -> tuple[Region, ...]:
    """Return for each operand the region that is needed for this region of the node."""
    if node.body is not None:
        needed = _needed(node.body, region, frozenset(node.operands))
        return tuple(needed.get(operand, _everything(operand)) for operand in node.operands)
    if node.operation == "matmul":
        return (region[0], None), (None, region[1])
    if node.operation == "transpose":
        return (region[::-1],)
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


def _broadcast(node: ExpressionNode, operand: ExpressionNode, region: Region) -> Region:
    """Return the operand's region for an elementwise operation; an axis of length 1 is needed as a whole."""
    missing = len(node.shape) - len(operand.shape)
    axes = zip(operand.shape, node.shape[missing:], region[missing:], strict=True)
    return tuple(None if n == 1 and wide != 1 else indices for n, wide, indices in axes)


def _of_reduction(node: ExpressionNode, region: Region) -> Region:
    """Return the operand's region for a sum or a maximum, which needs the whole axis that it runs along."""
    if node.axis is None:
        return _everything(node.operands[0])
    return (*region[: node.axis], None, *region[node.axis + node.keepdims :])


def cut(array: Any, region: Region) -> Any:
    """Return a region of an array.  Every axis remains."""
    for axis, indices in enumerate(region):
        if indices is not None:
            array = array.take(indices, axis=axis)
    return array
