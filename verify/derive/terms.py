"""One element of a tree as a scalar term, with sums and products flattened as a person writes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from verify.derive.expression import ExpressionNode

Index = tuple[int | str, ...]  # counted from 0; a letter for an index that a sum or maximum runs over
Key = tuple[ExpressionNode, Index, str]
RUNNING = ("k", "m", "p", "r", "s")


@dataclass(frozen=True)
class Term:
    """A scalar term.

    `kind`: "tensor", "constant", "add" (each part has a sign), "multiply", "reduction", or the name of an operation.
    A reduction is a "sum" or a "max" (`reduction`) of its only part. `ranges` has each letter that it runs over, with
    the number of values that the letter takes.
    """

    kind: str
    node: ExpressionNode
    index: Index
    parts: tuple[Term, ...] = ()
    signs: tuple[int, ...] = ()
    ranges: tuple[tuple[str, int], ...] = ()
    reduction: str = ""

    @property
    def key(self) -> Key:
        """The key of the number: two terms with equal keys are one number."""
        return (self.node, self.index, self.kind)

    @property
    def is_leaf(self) -> bool:
        """True for a tensor's element and for a constant."""
        return self.kind in ("tensor", "constant")

    @property
    def factors(self) -> tuple[Term, ...]:
        """The factors of a product; any other term is its only factor."""
        return self.parts if self.kind == "multiply" else (self,)

    def subterms(self) -> Iterator[Term]:
        """Yield the term and every term inside it."""
        yield self
        for part in self.parts:
            yield from part.subterms()


def term_of(node: ExpressionNode, index: Index, letters: tuple[str, ...] = ()) -> Term:
    """Return one element of a node as a term.  `letters` are those of the sums around it."""
    operation = node.operation
    if operation in ("tensor", "constant"):
        return Term(operation, node, index)
    if operation == "transpose":
        return term_of(node.operands[0], index[::-1], letters)
    if node.body is not None:
        return term_of(node.body, index, letters)
    if operation == "matmul":
        return _product(node, index, letters)
    if operation in ("sum", "max"):
        return _reduction(node, index, letters)
    parts = tuple(term_of(operand, _operand_index(node, operand, index), letters) for operand in node.operands)
    if operation in ("add", "subtract"):
        return _added(node, index, parts)
    if operation == "multiply":
        return _multiplied(node, index, parts)
    return Term(operation, node, index, parts)


def _operand_index(node: ExpressionNode, operand: ExpressionNode, index: Index) -> Index:
    """Return the index in an operand that belongs to an index in the node.  It is 0 on an axis of length 1."""
    missing = len(node.shape) - len(operand.shape)
    return tuple(0 if n == 1 else i for n, i in zip(operand.shape, index[missing:], strict=True))


def _multiplied(node: ExpressionNode, index: Index, parts: tuple[Term, ...]) -> Term:
    return Term("multiply", node, index, tuple(factor for part in parts for factor in part.factors))


def _product(node: ExpressionNode, index: Index, letters: tuple[str, ...]) -> Term:
    """Return one element of a matrix product: a sum, or a single product if there is nothing to sum over."""
    left, right = node.operands
    count = left.shape[1]
    ranges = ((_unused(letters), count),) if count > 1 else ()
    letters += tuple(letter for letter, _ in ranges)
    k = letters[-1] if ranges else 0
    parts = (term_of(left, (index[0], k), letters), term_of(right, (k, index[1]), letters))
    product = _multiplied(node, index, parts)
    return Term("reduction", node, index, (product,), ranges=ranges, reduction="sum") if ranges else product


def _reduction(node: ExpressionNode, index: Index, letters: tuple[str, ...]) -> Term:
    """Return one element of a sum or a maximum along an axis, or along all axes; axes of length 1 need no letter."""
    (operand,) = node.operands
    inside: list[int | str] = list(index)
    if node.axis is None:
        inside = [0] * len(operand.shape)
    elif not node.keepdims:
        inside.insert(node.axis, 0)
    ranges: list[tuple[str, int]] = []
    for axis, n in enumerate(operand.shape):
        if n > 1 and node.axis in (axis, None):
            inside[axis] = letter = _unused(letters)
            ranges.append((letter, n))
            letters += (letter,)
    term = term_of(operand, tuple(inside), letters)
    return Term("reduction", node, index, (term,), (), tuple(ranges), node.operation) if ranges else term


def _added(node: ExpressionNode, index: Index, parts: tuple[Term, ...]) -> Term:
    """Return a sum of two parts.  A part that is a sum itself is joined to it, if it needs no parentheses."""
    left, right = parts
    terms, signs = (left.parts, left.signs) if left.kind == "add" else ((left,), (1,))
    if right.kind == "add" and node.operation == "add":
        return Term("add", node, index, terms + right.parts, signs + right.signs)
    return Term("add", node, index, (*terms, right), (*signs, 1 if node.operation == "add" else -1))


def _unused(letters: tuple[str, ...]) -> str:
    return next(letter for letter in RUNNING if letter not in letters)
