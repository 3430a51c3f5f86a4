"""One element of a tree as a scalar term: what a person writes, with sums and products flattened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from verify.derive.expression import Node

Index = tuple[int | str, ...]  # from 0; a letter for the index that a sum runs over
Key = tuple[Node, Index, str]
BOUND = ("k", "m", "p", "r", "s")


@dataclass(frozen=True)
class Term:
    """`kind`: tensor, constant, add (with a sign each), multiply, over ("sum" or "max" over indices), or an operation.

    Of a term over indices `bound` has each letter with its number of values, and the one part is written with them.
    """

    kind: str
    node: Node
    index: Index
    parts: tuple[Term, ...] = ()
    signs: tuple[int, ...] = ()
    bound: tuple[tuple[str, int], ...] = ()
    over: str = ""

    @property
    def key(self) -> Key:
        """Two terms of one key are one number."""
        return (self.node, self.index, self.kind)

    @property
    def is_leaf(self) -> bool:
        return self.kind in ("tensor", "constant")


def term(node: Node, index: Index, used: tuple[str, ...] = ()) -> Term:
    """The element of a node; `used` are the letters of the sums around it."""
    operation = node.operation
    if operation in ("tensor", "constant"):
        return Term(operation, node, index)
    if operation == "transpose":
        return term(node.operands[0], index[::-1], used)
    if node.body is not None:
        return term(node.body, index, used)
    if operation == "matmul":
        return _product(node, index, used)
    if operation in ("sum", "max"):
        return _over(node, index, used)
    parts = tuple(term(operand, part(node, operand, index), used) for operand in node.operands)
    if operation in ("add", "subtract"):
        return _added(node, index, parts)
    if operation == "multiply":
        return Term("multiply", node, index, tuple(f for p in parts for f in (p.parts if p.kind == operation else [p])))
    return Term(operation, node, index, parts)


def part(node: Node, operand: Node, index: Index) -> Index:
    """Which element of an operand belongs to this element; an axis of one is the same for all."""
    ends = len(node.shape) - len(operand.shape)
    return tuple(0 if n == 1 else index[ends + axis] for axis, n in enumerate(operand.shape))


def _product(node: Node, index: Index, used: tuple[str, ...]) -> Term:
    left, right = node.operands
    inner = left.shape[1]
    letter: int | str = 0 if inner == 1 else _fresh(used)
    inside = (*used, letter) if isinstance(letter, str) else used
    parts = (term(left, (index[0], letter), inside), term(right, (letter, index[1]), inside))
    factors = tuple(f for p in parts for f in (p.parts if p.kind == "multiply" else [p]))
    product = Term("multiply", node, index, factors)
    if isinstance(letter, int):
        return product
    return Term("over", node, index, (product,), bound=((letter, inner),), over="sum")


def _over(node: Node, index: Index, used: tuple[str, ...]) -> Term:
    (operand,) = node.operands
    inside: list[int | str] = list(index)
    if node.axis is None:
        inside = [0] * len(operand.shape)
    elif not node.keepdims:
        inside.insert(node.axis, 0)
    bound: list[tuple[str, int]] = []
    for axis, n in enumerate(operand.shape):
        if n > 1 and (axis == node.axis or node.axis is None):
            inside[axis] = letter = _fresh(used)
            bound, used = [*bound, (letter, n)], (*used, letter)
    body = term(operand, tuple(inside), used)
    return Term("over", node, index, (body,), bound=tuple(bound), over=node.operation) if bound else body


def _added(node: Node, index: Index, parts: tuple[Term, ...]) -> Term:
    signs = (1, 1 if node.operation == "add" else -1)
    terms: list[Term] = []
    found: list[int] = []
    for k, (sign, p) in enumerate(zip(signs, parts, strict=True)):
        inner = p.kind == "add" and (k == 0 or sign > 0)
        terms += p.parts if inner else [p]
        found += p.signs if inner else [sign]
    return Term("add", node, index, tuple(terms), tuple(found))


def _fresh(used: tuple[str, ...]) -> str:
    return next(letter for letter in BOUND if letter not in used)


def walk(of: Term) -> Iterator[Term]:
    """The term and everything in it."""
    yield of
    for p in of.parts:
        yield from walk(p)
