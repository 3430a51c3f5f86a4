"""One element of a tree as a scalar term, with sums and products flattened as a person writes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from verify.derive.expression import ExpressionNode

Index = tuple[int | str, ...]  # counted from 0; a letter for the index of a sum
Key = tuple[ExpressionNode, Index, str]
BOUND = ("k", "m", "p", "r", "s")


@dataclass(frozen=True)
class Term:
    """A scalar term.

    `kind`: "tensor", "constant", "add" (each part has a sign), "multiply", "over", or the name of an operation.
    A term "over" indices is a sum or a maximum (`over`) of its only part. `bound` has each letter for an index, with
    the number of values that it takes.
    """

    kind: str
    node: ExpressionNode
    index: Index
    parts: tuple[Term, ...] = ()
    signs: tuple[int, ...] = ()
    bound: tuple[tuple[str, int], ...] = ()
    over: str = ""

    @property
    def key(self) -> Key:
        """The key of the number: two terms with equal keys are one number."""
        return (self.node, self.index, self.kind)

    @property
    def is_leaf(self) -> bool:
        """True for a tensor's element and for a constant."""
        return self.kind in ("tensor", "constant")


def term(node: ExpressionNode, index: Index, used: tuple[str, ...] = ()) -> Term:
    """Return one element of a node as a term.  `used` are the letters of the sums around it."""
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
        return _multiplied(node, index, parts)
    return Term(operation, node, index, parts)


def part(node: ExpressionNode, operand: ExpressionNode, index: Index) -> Index:
    """Return the index in an operand that belongs to an index in the node.  It is 0 on an axis of length 1."""
    missing = len(node.shape) - len(operand.shape)
    return tuple(0 if n == 1 else index[missing + axis] for axis, n in enumerate(operand.shape))


def factors(of: Term) -> tuple[Term, ...]:
    """Return the factors of a product; any other term is its only factor."""
    return of.parts if of.kind == "multiply" else (of,)


def _multiplied(node: ExpressionNode, index: Index, parts: tuple[Term, ...]) -> Term:
    return Term("multiply", node, index, tuple(factor for p in parts for factor in factors(p)))


def _product(node: ExpressionNode, index: Index, used: tuple[str, ...]) -> Term:
    """Return one element of a matrix product: a sum, or a single product if there is nothing to sum over."""
    left, right = node.operands
    inner = left.shape[1]
    if inner == 1:
        return _multiplied(node, index, (term(left, (index[0], 0), used), term(right, (0, index[1]), used)))
    letter = _fresh(used)
    used = (*used, letter)
    product = _multiplied(node, index, (term(left, (index[0], letter), used), term(right, (letter, index[1]), used)))
    return Term("over", node, index, (product,), bound=((letter, inner),), over="sum")


def _over(node: ExpressionNode, index: Index, used: tuple[str, ...]) -> Term:
    """Return one element of a sum or a maximum along an axis, or along all axes; axes of length 1 need no letter."""
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


def _added(node: ExpressionNode, index: Index, parts: tuple[Term, ...]) -> Term:
    """Return a sum of two parts.  A part that is a sum itself is joined to it, if it needs no parentheses."""
    terms: list[Term] = []
    signs: list[int] = []
    for k, (sign, p) in enumerate(zip((1, 1 if node.operation == "add" else -1), parts, strict=True)):
        joins = p.kind == "add" and (k == 0 or sign > 0)
        terms += p.parts if joins else [p]
        signs += p.signs if joins else [sign]
    return Term("add", node, index, tuple(terms), tuple(signs))


def _fresh(used: tuple[str, ...]) -> str:
    return next(letter for letter in BOUND if letter not in used)


def walk(of: Term) -> Iterator[Term]:
    """Yield the term and every term inside it."""
    yield of
    for p in of.parts:
        yield from walk(p)
