"""One element of a tree as a scalar term, with sums and products flattened as a person writes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from verify.derive.arrangement import index_of
from verify.derive.expression import ExpressionNode, constant
from verify.derive.running import NOWHERE, Index, Ranges, Running, simplified, spread
from verify.derive.splitting import refined, split
from verify.errors import Unusable

Key = tuple[ExpressionNode, Index, str]
RUNNING = ("k", "m", "p", "r", "s", "u", "v", "g", "h", "l", "i", "j")
ZERO = constant(0)


@dataclass(frozen=True)
class Term:
    """A scalar term.

    `kind`: "tensor", "constant", "add" (each part has a sign), "multiply", "reduction", "moved", or the name of an
    operation. A reduction is a "sum" or a "max" (`reduction`) of its only part. `ranges` has each letter that it runs
    over, with the number of values that the letter takes. `axes` are those of all its terms: None for a letter, or the
    only value, from 0, for which terms are not 0 anyway. A moved number is its only part where its index belongs to an
    element, and 0 elsewhere; only a term with open letters can be of this kind.
    """

    kind: str
    node: ExpressionNode
    index: Index
    parts: tuple[Term, ...] = ()
    signs: tuple[int, ...] = ()
    ranges: Ranges = ()
    reduction: str = ""
    axes: tuple[tuple[int, int | None], ...] = ()

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

    def put(self, numbers: Mapping[str, int]) -> Term:
        """Return the term with numbers, counted from 0, in place of letters that it runs over."""
        index = tuple(
            numbers.get(i, i) if isinstance(i, str) else i.put(numbers) if isinstance(i, Running) else i
            for i in self.index
        )
        if self.kind == "moved" and all(isinstance(i, int) for i in index):
            return Term("constant", ZERO, ()) if NOWHERE in index else self.parts[0].put(numbers)
        return replace(self, index=index, parts=tuple(part.put(numbers) for part in self.parts))


def term_of(node: ExpressionNode, index: Index, scope: Ranges = ()) -> Term:
    """Return one element of a node as a term.  `scope` has the letters of the sums around it."""
    operation = node.operation
    if operation in ("tensor", "constant"):
        return Term(operation, node, index)
    if node.source is not None:
        return _moved(node, index, scope)
    if node.body is not None:
        return term_of(node.body, index, scope)
    if operation == "matmul":
        return _product(node, index, scope)
    if operation in ("sum", "max"):
        return _reduction(node, index, scope)
    parts = tuple(term_of(operand, _operand_index(operand.shape, index), scope) for operand in node.operands)
    if operation in ("add", "subtract"):
        return _added(node, index, parts)
    if operation == "multiply":
        return _multiplied(node, index, parts)
    return Term(operation, node, index, parts)


def _operand_index(shape: tuple[int, ...], index: Index) -> Index:
    """Return the index in an operand of this shape that belongs to an index.  It is 0 on an axis of length 1."""
    missing = len(index) - len(shape)
    return tuple(0 if n == 1 else i for n, i in zip(shape, index[missing:], strict=True))


def _moved(node: ExpressionNode, index: Index, scope: Ranges) -> Term:
    """Return the element of an operand that an operation moves to an index."""
    assert node.source is not None
    ranges, indices, inside = spread(index, scope)
    which, places = (np.broadcast_to(x, inside.shape) for x in node.source(*indices))
    inside = inside & (places >= 0)
    if not inside.any():
        return Term("constant", ZERO, ())
    (number, *others) = np.unique(which[inside])
    if others:
        raise Unusable("a sum over the numbers of several tensors beside each other cannot be written")
    operand = node.operands[int(number)]
    found = index_of(np.where(inside, places, 0), operand.shape)
    term = term_of(operand, tuple(simplified(ranges, i, inside) for i in found), scope)
    if inside.all():
        return term
    return Term("moved", node, (Running(ranges, places, inside),), (term,))


def _multiplied(node: ExpressionNode, index: Index, parts: tuple[Term, ...]) -> Term:
    return Term("multiply", node, index, tuple(factor for part in parts for factor in part.factors))


def _product(node: ExpressionNode, index: Index, scope: Ranges) -> Term:
    """Return one element of a matrix product: a sum, or a single product if there is nothing to sum over."""
    left, right = node.operands
    count = left.shape[-1]
    lengths = refined(count, split(left, len(left.shape) - 1), split(right, len(right.shape) - 2))
    k, ranges = _letters(count, lengths, scope)
    scope += ranges
    rows, columns = (_operand_index(x.shape[:-2], index[:-2]) for x in node.operands)
    parts = (term_of(left, (*rows, index[-2], k), scope), term_of(right, (*columns, k, index[-1]), scope))
    return _reduced(node, index, _multiplied(node, index, parts), ranges, "sum")


def _reduction(node: ExpressionNode, index: Index, scope: Ranges) -> Term:
    """Return one element of a sum or a maximum along some axes; axes of length 1 need no letter."""
    (operand,) = node.operands
    rest = iter(i for axis, i in enumerate(index) if not (node.keepdims and axis in node.axes))
    inside: list[int | str | Running] = []
    ranges: Ranges = ()
    for axis, n in enumerate(operand.shape):
        if axis in node.axes:
            k, added = _letters(n, split(operand, axis), scope + ranges)
            ranges += added
        else:
            k = next(rest)
        inside.append(k)
    term = term_of(operand, tuple(inside), scope + ranges)
    return _reduced(node, index, term, ranges, node.operation)


def _reduced(node: ExpressionNode, index: Index, part: Term, ranges: Ranges, reduction: str) -> Term:
    """Return a sum or a maximum of a part.  If a sum has terms for one value of a letter only, the value is put in."""
    if reduction == "sum" and any(factor.node is ZERO for factor in part.factors):
        return Term("constant", ZERO, ())
    only = {letter: k for letter, k in _only(part).items() if letter in dict(ranges)} if reduction == "sum" else {}
    axes = tuple((n, only.get(letter)) for letter, n in ranges)
    part, ranges = part.put(only) if only else part, tuple(pair for pair in ranges if pair[0] not in only)
    return Term("reduction", node, index, (part,), (), ranges, reduction, axes) if ranges else part


def _only(product: Term) -> dict[str, int]:
    """Return the letters of which a product is 0 for all values but one, each with this value, counted from 0."""
    only: dict[str, int] = {}
    for factor in product.factors:
        for i in factor.index if factor.kind == "moved" else ():
            only |= i.only() if isinstance(i, Running) else {}
    return only


def _added(node: ExpressionNode, index: Index, parts: tuple[Term, ...]) -> Term:
    """Return a sum of two parts.  A part that is a sum itself is joined to it, if it needs no parentheses."""
    left, right = parts
    terms, signs = (left.parts, left.signs) if left.kind == "add" else ((left,), (1,))
    if right.kind == "add" and node.operation == "add":
        return Term("add", node, index, terms + right.parts, signs + right.signs)
    return Term("add", node, index, (*terms, right), (*signs, 1 if node.operation == "add" else -1))


def _letters(count: int, lengths: tuple[int, ...], scope: Ranges) -> tuple[int | str | Running, Ranges]:
    """Return an index that runs over an axis, and its letters: one for each of the lengths that the axis is made of.

    An axis of length 1 needs no letter.
    """
    lengths = tuple(n for n in lengths if n > 1)
    unused = [letter for letter in RUNNING if letter not in dict(scope)]
    if len(unused) < len(lengths):
        raise Unusable("its sums run over more letters than there are")
    ranges = tuple(zip(unused, lengths, strict=False))
    if len(ranges) > 1:
        return Running(ranges, np.arange(count).reshape(lengths), np.ones(lengths, dtype=bool)), ranges
    return (ranges[0][0] if ranges else 0), ranges
