"""Write a term with its numbers: the numbers put in, each intermediate result, and the largest terms of long sums."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from reports.explanation import FormulaLine, Line
from verify.derive import formula
from verify.derive.case import DerivedStep
from verify.derive.formula import joined
from verify.derive.region import at, parts_of
from verify.derive.terms import Index, Key, Term, factors, walk
from verify.derive.typesetting import ATOM, PRODUCT, SUM, Names, Piece, composed, in_letters, tight

FEW = 5  # a sum of at most so many terms is written out
LARGEST = 3  # of a longer sum so many terms are written, and the sum of the others


class Numbers:
    """The numbers of the terms of one case."""

    def __init__(self, case: DerivedStep) -> None:
        self.case = case

    def value(self, of: Term) -> Fraction:
        """Return the value of a term without open indices: exact, or correct to far more digits than are shown."""
        if of.kind == "multiply":
            return math.prod((self.value(p) for p in of.parts), start=Fraction(1))
        return self.case.exact(of.node, _places(of.index)).item()

    def lines(self, of: Term) -> Iterator[Line]:
        """Yield a line for each intermediate result of the term, inner ones first, but none for the term itself.

        An intermediate result that is used in another one gets a name, so that no line repeats another.
        """
        inner: dict[Key, Term] = {}
        for part in self._parts(of):
            inner |= {t.key: t for t in self._intermediates(part)}
        used_inside = {t.key for outer in inner.values() for p in outer.parts for t in walk(p)}
        names: Names = {}
        for key, t in inner.items():
            letters, (put_in, remark) = in_letters(t, names), self.put_in(t)
            value = formula.shown(self.value(t), self.case.digits)
            numbers = [put_in] if put_in == value else [put_in, value]
            if key in used_inside:
                names[key] = formula.letter("q", "q", below=(str(len(names) + 1),))
                yield Line(names[key], joined([letters, *numbers], " = ", " = "), remark)
            else:
                yield Line(letters, joined(numbers, " = ", " = "), remark)

    def _intermediates(self, of: Term) -> Iterator[Term]:
        if not of.is_leaf:
            for part in self._parts(of):
                yield from self._intermediates(part)
            yield of

    def _parts(self, of: Term) -> Iterator[Term]:
        """Yield the parts that `put_in` shows as single numbers.

        A sum over an index shows its terms as numbers only if just one term is not 0; a maximum never does.
        """
        if of.over == "sum":
            nonzero = np.flatnonzero(self._sizes(of))
            if len(nonzero) == 1:
                yield from factors(self._term_of(of, int(nonzero[0])))
        elif of.kind != "over":
            for p in of.parts:
                yield from factors(p) if of.kind == "add" else (p,)

    def read(self, of: Term, many: int = 1) -> Iterator[tuple[Term, int]]:
        """Yield the elements of tensors in the term, each with the number of elements that it stands for.

        From a sum or maximum over an index only the largest term is taken.
        """
        if of.kind == "tensor":
            yield of, many
        elif of.kind == "over":
            values = self._floats(of) if of.over == "max" else self._sizes(of)
            yield from self.read(self._term_of(of, int(np.argmax(values))), many * values.size)
        else:
            for p in of.parts:
                yield from self.read(p, many)

    def put_in(self, of: Term) -> tuple[FormulaLine, str]:
        """Return the term with its parts as numbers, and a remark about what is left out."""
        if of.kind == "over":
            return self._sum(of) if of.over == "sum" else self._largest(of)
        if of.is_leaf:
            return self._number(of)[0], ""
        return composed(of, self._number_or_product if of.kind == "add" else self._number, " × ", r" \times ")[0], ""

    def _number(self, of: Term) -> Piece:
        return self._piece(self.value(of))

    def _piece(self, value: Fraction) -> Piece:
        return formula.shown(value, self.case.digits), SUM if value < 0 else ATOM

    def _number_or_product(self, of: Term) -> Piece:
        if of.kind == "multiply":
            return composed(of, self._number, " × ", r" \times ")
        return self._number(of)

    def _sum(self, of: Term) -> tuple[FormulaLine, str]:
        """Return a sum written out, or its largest terms and the sum of the others."""
        sizes = self._sizes(of)
        nonzero = np.flatnonzero(sizes)
        few = len(nonzero) <= FEW
        chosen = nonzero if few else np.argsort(-sizes, kind="stable")[:LARGEST]
        terms = [self._term_of(of, int(k)) for k in chosen]
        pieces = [tight(self._number_or_product(t), PRODUCT) for t in terms]
        remarks = []
        if not few:
            rest = self.value(of) - sum(self.value(t) for t in terms)
            pieces.append(tight(self._piece(rest), PRODUCT))
            remarks.append(f"the {LARGEST} largest terms, and the sum of the other {len(nonzero) - LARGEST:,}")
        zeros = sizes.size - len(nonzero)
        if zeros:
            remarks.append(f"{zeros:,} of {sizes.size:,} terms are 0")
        return joined(pieces, " + ", " + ") if pieces else formula.number("0"), "; ".join(remarks)

    def _largest(self, of: Term) -> tuple[FormulaLine, str]:
        """Return the largest of the terms of a maximum, in letters."""
        values = self._floats(of)
        largest = self._term_of(of, int(np.argmax(values)))
        return in_letters(largest), f"the largest of {values.size:,}"

    def _term_of(self, of: Term, k: int) -> Term:
        """Return the k-th of the terms that a sum or maximum runs over."""
        places = np.unravel_index(k, [n for _, n in of.bound])
        return _put(of.parts[0], dict(zip((letter for letter, _ in of.bound), map(int, places), strict=True)))

    def _sizes(self, of: Term) -> Any:
        return np.abs(self._floats(of))

    def _floats(self, of: Term) -> Any:
        """Return all terms of a sum or maximum in float64.  They only choose which terms are shown."""
        node, parts = of.node, parts_of(of.node, at(_places(of.index)))
        arrays = [self.case.floats(operand, region) for operand, region in zip(node.operands, parts, strict=True)]
        with np.errstate(all="ignore"):
            return arrays[0][0] * arrays[1][:, 0] if node.operation == "matmul" else np.ravel(arrays[0])


def _places(index: Index) -> tuple[int, ...]:
    """Return the index as numbers.  Raises ValueError if it has a letter."""
    if not all(isinstance(i, int) for i in index):
        raise ValueError(f"an index is open: {index}")
    return tuple(int(i) for i in index)


def _put(of: Term, places: dict[str, int]) -> Term:
    """Return the term with numbers in place of the letters that it runs over."""
    index = tuple(places.get(i, i) if isinstance(i, str) else i for i in of.index)
    return replace(of, index=index, parts=tuple(_put(p, places) for p in of.parts))
