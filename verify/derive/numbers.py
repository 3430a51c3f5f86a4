"""A term with its numbers: what was put in, each intermediate, and of long sums the largest terms and the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from reports.explanation import Formula, Line
from verify.derive import formula
from verify.derive.case import Case
from verify.derive.formula import joined
from verify.derive.region import at, parts_of
from verify.derive.terms import Index, Key, Term, walk
from verify.derive.typesetting import ATOM, PRODUCT, SUM, Names, Piece, composed, in_letters, tight

FEW = 5  # a sum of no more terms is written out
LARGEST = 3  # of a longer one so many


class Numbers:
    """The numbers of one rule at one element."""

    def __init__(self, case: Case) -> None:
        self.case = case

    def value(self, of: Term) -> Fraction:
        """Exact, or correct to far more digits than are shown.  The term has no letters for indices."""
        if of.kind == "multiply":
            found = Fraction(1)
            for p in of.parts:
                found *= self.value(p)
            return found
        return self.case.exact(of.node, _places(of.index)).item()

    def lines(self, of: Term) -> Iterator[Line]:
        """Each intermediate of the term once, the inner ones first; not the term itself.

        One that stands in another gets a name, so that no line repeats another.
        """
        inner: dict[Key, Term] = {}
        for part in self._parts(of):
            inner |= {t.key: t for t in self._intermediates(part)}
        within = {t.key for outer in inner.values() for p in outer.parts for t in walk(p)}
        names: Names = {}
        for key, t in inner.items():
            right = [in_letters(t, names), *self._with_value(t)]
            remark = self.put_in(t)[1]
            if key in within:
                names[key] = formula.letter("q", "q", below=(str(len(names) + 1),))
                yield Line(names[key], joined(right, " = ", " = "), remark)
            else:
                yield Line(right[0], joined(right[1:], " = ", " = "), remark)

    def _with_value(self, of: Term) -> Iterator[Formula]:
        put_in, value = self.put_in(of)[0], formula.shown(self.value(of), self.case.digits)
        yield put_in
        if put_in != value:
            yield value

    def _intermediates(self, of: Term) -> Iterator[Term]:
        if not of.is_leaf:
            for part in self._parts(of):
                yield from self._intermediates(part)
            yield of

    def _parts(self, of: Term) -> Iterator[Term]:
        """What is shown as a number where the term is written with numbers; of a sum that has one term, the term's."""
        if of.over == "sum":
            nonzero = np.flatnonzero(self._sizes(of))
            one = self._bound(of, int(nonzero[0])) if len(nonzero) == 1 else None
            yield from (one.parts if one.kind == "multiply" else [one]) if one is not None else ()
        for p in of.parts if of.kind != "over" else ():
            if p.kind == "multiply" and of.kind == "add":
                yield from p.parts
            else:
                yield p

    def read(self, of: Term, many: int = 1) -> Iterator[tuple[Term, int]]:
        """Every tensor's element in the term, and of how many it is one; of a sum the weightiest term's."""
        if of.kind == "tensor":
            yield of, many
        elif of.kind == "over":
            values = self._floats(of) if of.over == "max" else self._sizes(of)
            yield from self.read(self._bound(of, int(np.argmax(values))), many * values.size)
        else:
            for p in of.parts:
                yield from self.read(p, many)

    def put_in(self, of: Term) -> tuple[Formula, str]:
        """The term with its parts as numbers, and a remark about what is left out."""
        if of.kind == "over":
            return self._long(of) if of.over == "sum" else self._largest(of)
        if of.is_leaf:
            return self._number(of)[0], ""
        return composed(of, self._number_or_product if of.kind == "add" else self._number, " × ", r" \times ")[0], ""

    def _number(self, of: Term) -> Piece:
        value = self.value(of)
        return formula.shown(value, self.case.digits), SUM if value < 0 else ATOM

    def _number_or_product(self, of: Term) -> Piece:
        if of.kind == "multiply":
            return composed(of, self._number, " × ", r" \times ")
        return self._number(of)

    def _long(self, of: Term) -> tuple[Formula, str]:
        """A sum written out, or the largest of its terms and the sum of the rest."""
        sizes = self._sizes(of)
        nonzero = np.flatnonzero(sizes)
        few = len(nonzero) <= FEW
        chosen = nonzero if few else np.argsort(-sizes, kind="stable")[:LARGEST]
        terms = [self._bound(of, int(k)) for k in chosen]
        pieces = [tight(self._number_or_product(t), PRODUCT) for t in terms]
        left = len(nonzero) - len(chosen)
        zeros = sizes.size - len(nonzero)
        remark = f"{zeros:,} of {sizes.size:,} terms are 0" if zeros else ""
        if left:
            rest = self.value(of) - sum(self.value(t) for t in terms)
            pieces.append(tight((formula.shown(rest, self.case.digits), SUM if rest < 0 else ATOM), PRODUCT))
            remark = f"the {LARGEST} largest terms, and the sum of the other {left:,}" + (
                f"; {remark}" if zeros else ""
            )
        return (joined(pieces, " + ", " + ") if pieces else formula.number("0")), remark

    def _largest(self, of: Term) -> tuple[Formula, str]:
        values = self._floats(of)
        largest = self._bound(of, int(np.argmax(values)))
        return in_letters(largest), f"the largest of {values.size:,}"

    def _bound(self, of: Term, k: int) -> Term:
        """One of the terms that a sum or maximum runs over."""
        places = np.unravel_index(k, [n for _, n in of.bound])
        return _put(of.parts[0], dict(zip((letter for letter, _ in of.bound), map(int, places), strict=True)))

    def _sizes(self, of: Term) -> Any:
        return np.abs(self._floats(of))

    def _floats(self, of: Term) -> Any:
        """All terms in float64: only to choose which to show."""
        node, parts = of.node, parts_of(of.node, at(_places(of.index)))
        arrays = [self.case.floats(operand, region) for operand, region in zip(node.operands, parts, strict=True)]
        with np.errstate(all="ignore"):
            return arrays[0][0] * arrays[1][:, 0] if node.operation == "matmul" else np.ravel(arrays[0])


def _places(index: Index) -> tuple[int, ...]:
    if not all(isinstance(i, int) for i in index):
        raise ValueError(f"an index is open: {index}")
    return tuple(int(i) for i in index)


def _put(of: Term, places: dict[str, int]) -> Term:
    """The term with numbers for the letters that it runs over."""
    index = tuple(places.get(i, i) if isinstance(i, str) else i for i in of.index)
    return replace(of, index=index, parts=tuple(_put(p, places) for p in of.parts))
