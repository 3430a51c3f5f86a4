"""Write a term with its numbers: the numbers put in, each intermediate result, and the largest terms of long sums."""

import math
from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from reports.explanation import FormulaLine, Line
from verify.derive import formula
from verify.derive.case import DerivedStep
from verify.derive.formula import joined
from verify.derive.region import Region, element_region, parts_of
from verify.derive.terms import Key, Term
from verify.derive.typesetting import ATOM, PRODUCT, SUM, Piece, composed, in_letters, tight
from verify.records.trace import Array

FEW = 5  # a sum of at most so many terms is written out
LARGEST = 3  # of a longer sum so many terms are written, and the sum of the others


class Numbers:
    """The numbers of the terms of one case."""

    def __init__(self, case: DerivedStep) -> None:
        self.case = case

    def value(self, term: Term) -> Fraction:
        """Return the value of a term without open indices: exact, or correct to far more digits than are shown."""
        if term.kind == "multiply":
            return math.prod((self.value(part) for part in term.parts), start=Fraction(1))
        return self.case.exact(term.node, _region(term)).item()

    def intermediate_lines(self, term: Term) -> Iterator[Line]:
        """Yield a line for each intermediate result of the term, inner ones first, but none for the term itself.

        An intermediate result that is used in another one gets a name, so that no line repeats another.
        """
        intermediates = {inner.key: inner for part in self._parts(term) for inner in self._intermediates(part)}
        used_inside = {t.key for outer in intermediates.values() for part in outer.parts for t in part.subterms()}
        names: dict[Key, FormulaLine] = {}
        for key, inner in intermediates.items():
            letters, (numbers, remark) = in_letters(inner, names), self.in_numbers(inner)
            value = formula.shown(self.value(inner), self.case.digits)
            sides = list(dict.fromkeys((letters, numbers, value)))
            if key in used_inside:
                names[key] = formula.letter("q", "q", below=(str(len(names) + 1),))
                sides.insert(0, names[key])
            yield Line(sides[0], joined(sides[1:], " = ", " = "), remark)

    def _intermediates(self, term: Term) -> Iterator[Term]:
        if not term.is_leaf:
            for part in self._parts(term):
                yield from self._intermediates(part)
            yield term

    def _parts(self, term: Term) -> Iterator[Term]:
        """Yield the parts that `in_numbers` shows as single numbers.

        A sum over an index shows its terms as numbers only if just one term is not 0; a maximum never does.
        """
        if term.reduction == "sum":
            nonzero = np.flatnonzero(self._scaled_terms(term))
            if len(nonzero) == 1:
                yield from self._term_at(term, nonzero[0]).factors
        elif not term.reduction:
            for part in term.parts:
                yield from part.factors if term.kind == "add" else (part,)

    def elements(self, term: Term, count: int = 1) -> Iterator[tuple[Term, int]]:
        """Yield the elements of tensors in the term, each with the number of elements that it stands for.

        From a sum or maximum over an index only the largest term is taken.
        """
        if term.kind == "tensor":
            yield term, count
        elif term.reduction:
            values = self._scaled_terms(term)
            largest = np.argmax(values if term.reduction == "max" else np.abs(values))
            yield from self.elements(self._term_at(term, largest), count * values.size)
        else:
            for part in term.parts:
                yield from self.elements(part, count)

    def in_numbers(self, term: Term) -> tuple[FormulaLine, str]:
        """Return the term with its parts as numbers, and a remark about what is left out."""
        if term.reduction:
            return self._sum(term) if term.reduction == "sum" else self._maximum(term)
        if term.is_leaf:
            return self._number(term)[0], ""
        write = self._number_or_product if term.kind == "add" else self._number
        return composed(term, write, " × ", r" \times ")[0], ""

    def _number(self, term: Term) -> Piece:
        return self._shown(self.value(term))

    def _shown(self, value: Fraction) -> Piece:
        return formula.shown(value, self.case.digits), SUM if value < 0 else ATOM

    def _number_or_product(self, term: Term) -> Piece:
        if term.kind == "multiply":
            return composed(term, self._number, " × ", r" \times ")
        return self._number(term)

    def _sum(self, term: Term) -> tuple[FormulaLine, str]:
        """Return a sum written out, or its largest terms and the sum of the others."""
        sizes = np.abs(self._scaled_terms(term))
        nonzero = np.flatnonzero(sizes)
        is_long = len(nonzero) > FEW
        positions = np.argsort(-sizes, kind="stable")[:LARGEST] if is_long else nonzero
        terms = [self._term_at(term, position) for position in positions]
        pieces = [self._number_or_product(t) for t in terms]
        left_out = []
        if is_long:
            pieces.append(self._shown(self.value(term) - sum(self.value(t) for t in terms)))
            left_out.append(f"the {LARGEST} largest terms, and the sum of the other {len(nonzero) - LARGEST:,}")
        if len(nonzero) < sizes.size:
            left_out.append(f"{sizes.size - len(nonzero):,} of {sizes.size:,} terms are 0")
        numbers = [tight(piece, PRODUCT) for piece in pieces] or [formula.number("0")]
        return joined(numbers, " + ", " + "), "; ".join(left_out)

    def _maximum(self, term: Term) -> tuple[FormulaLine, str]:
        """Return the largest of the terms of a maximum, in letters."""
        values = self._scaled_terms(term)
        return in_letters(self._term_at(term, np.argmax(values))), f"the largest of {values.size:,}"

    def _term_at(self, term: Term, position: np.intp) -> Term:
        """Return one of the terms that a sum or maximum runs over."""
        indices = np.unravel_index(position, [count for _, count in term.ranges])
        return term.parts[0].put(dict(zip((letter for letter, _ in term.ranges), map(int, indices), strict=True)))

    def _scaled_terms(self, term: Term) -> Array:
        """Return all terms of a sum or maximum, times one positive number: exact, as whole numbers."""
        node, regions = term.node, parts_of(term.node, _region(term))
        operands = zip(node.operands, regions, strict=True)
        arrays: list[Array] = [self.case.exact(*operand).over for operand in operands]
        every = arrays[0].ravel() * arrays[1].ravel() if node.operation == "matmul" else arrays[0]
        terms = every.reshape([count for count, _ in term.axes])
        return terms[tuple(slice(None) if only is None else only for _, only in term.axes)].ravel()


def _region(term: Term) -> Region:
    """Return the region of the term's element, whose index has no letters."""
    return element_region(position_of(term))


def position_of(term: Term) -> tuple[int, ...]:
    """Return the index of a term without open letters, counted from 0.  Raises ValueError if it has letters."""
    if any(not isinstance(i, int) for i in term.index):
        raise ValueError(f"the index {term.index} has letters")
    return tuple(i for i in term.index if isinstance(i, int))
