"""Typeset terms in letters or with numbers, and whole tensors in matrices."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reference.tensor_names import is_of
from reports.explanation import FormulaLine
from verify.derive import formula
from verify.derive import symbols as letters
from verify.derive.expression import CHOOSE, COMPARISONS, ExpressionNode
from verify.derive.formula import joined, parenthesis, side_by_side
from verify.derive.terms import Index, Key, Term

SUM, PRODUCT, ATOM = 1, 2, 3  # how tightly a formula binds; a looser one gets parentheses inside a tighter one
MINUS = FormulaLine("-", "-", "−")
SIGNS = {1: FormulaLine(" + ", " + ", " + "), -1: FormulaLine(" - ", " - ", " − ")}
Piece = tuple[FormulaLine, int]
Names = dict[Key, FormulaLine]
Write = Callable[[Term], Piece]


def in_letters(of: Term, names: Names | None = None) -> FormulaLine:
    """Return the term in the essay's letters.  Terms inside it that have a name are written by their name."""
    return _letters(of, names or {})[0]


def _letters(of: Term, names: Names) -> Piece:
    if of.key in names:
        return names[of.key], ATOM
    if of.kind == "tensor":
        return letters.element(of.node.name, subscripts(of.node, of.index)), ATOM
    if of.kind == "constant":
        return _constant(of.node), ATOM
    return composed(of, lambda part: _letters(part, names), " · ", r"\,")


def _constant(node: ExpressionNode) -> FormulaLine:
    if node.name:
        return letters.coefficient(node.name)
    value = float(node.value) if not node.shape else float(node.value.flat[0])
    return formula.number(digits(value))


def digits(value: float) -> str:
    """Return the shortest decimal that is this float64, without ".0"."""
    return repr(value).removesuffix(".0")


def subscripts(node: ExpressionNode, index: Index) -> tuple[str, ...]:
    """Return indices as the essay writes them, from 1.  The row of a bias, or of a batch of one, is left out."""
    kept = index[1:] if len(index) == 2 and node.shape[0] == 1 and not is_of(node.name, "W") else index
    return tuple(str(i + 1) if isinstance(i, int) else i for i in kept)


def composed(of: Term, write: Write, times: str, latex_times: str) -> Piece:
    """Return a term whose parts are written by `write`, and how tightly it binds."""
    if of.kind == "add":
        return _added(of, write), SUM
    if of.kind == "multiply":
        factors = [tight(write(p), PRODUCT) for p in of.parts]
        return joined(factors, times, latex_times), PRODUCT
    if of.kind == "over":
        return _over(of, write), PRODUCT
    pieces = [write(p) for p in of.parts]
    if of.kind in COMPARISONS:
        return formula.compared(pieces[0][0], COMPARISONS[of.kind], pieces[1][0]), ATOM
    return OPERATIONS[of.kind](pieces)


def tight(piece: Piece, level: int) -> FormulaLine:
    """Return the piece, in parentheses if it binds less tightly than `level`."""
    return piece[0] if piece[1] >= level else parenthesis(piece[0])


def _added(of: Term, write: Write) -> FormulaLine:
    parts: list[FormulaLine] = []
    for k, (sign, p) in enumerate(zip(of.signs, of.parts, strict=True)):
        if k:
            parts.append(SIGNS[sign])
        elif sign < 0:
            parts.append(MINUS)
        parts.append(tight(write(p), PRODUCT if sign < 0 or k else SUM))
    return side_by_side(*parts)


def _over(of: Term, write: Write) -> FormulaLine:
    sign, latex = ("Σ", r"\sum") if of.over == "sum" else ("max", r"\max")
    result = tight(write(of.parts[0]), PRODUCT)
    for letter, last in reversed(of.bound):
        result = formula.over_all(sign, latex, letter, last, result)
    return result


def _fraction(pieces: Sequence[Piece]) -> Piece:
    over, under = pieces
    left, right = tight(over, PRODUCT), tight(under, ATOM)
    return formula.fraction(over[0], under[0], (left.text, right.text), (left.html, right.html)), PRODUCT


def _reciprocal(pieces: Sequence[Piece]) -> Piece:
    return _fraction([(formula.number("1"), ATOM), pieces[0]])


def _negative(pieces: Sequence[Piece]) -> Piece:
    return side_by_side(MINUS, tight(pieces[0], PRODUCT)), SUM


def _power(pieces: Sequence[Piece]) -> Piece:
    return formula.power(tight(pieces[0], ATOM), tight(pieces[1], ATOM)), PRODUCT


def _named(name: str, latex: str = "") -> Callable[[Sequence[Piece]], Piece]:
    """Return how a function with this name is written."""
    return lambda pieces: (formula.called(name, joined([p for p, _ in pieces], ", ", ", "), latex), ATOM)


OPERATIONS: dict[str, Callable[[Sequence[Piece]], Piece]] = {
    "divide": _fraction, "reciprocal": _reciprocal, "negative": _negative, "power": _power,
    "sqrt": lambda pieces: (formula.root(pieces[0][0]), ATOM), "exp": _named("exp", r"\exp"),
    "log": _named("ln", r"\ln"), "tanh": _named("tanh", r"\tanh"), "floor": _named("floor"),
    "maximum": _named("max", r"\max"), "minimum": _named("min", r"\min"),
    CHOOSE: lambda pieces: (formula.either(pieces[0][0], tight(pieces[1], SUM), tight(pieces[2], SUM)), ATOM),
}  # fmt: skip


def in_matrices(node: ExpressionNode) -> FormulaLine:
    """Return the equation of a whole tensor, in matrices."""
    return _matrices(node)[0]


def _matrices(node: ExpressionNode) -> Piece:
    if node.operation == "tensor":
        return letters.whole(node.name), ATOM
    if node.operation == "constant":
        return _constant(node), ATOM
    if node.body is not None:
        return _matrices(node.body)
    pieces = [_matrices(operand) for operand in node.operands]
    if node.operation in ("add", "subtract"):
        right = tight(pieces[1], SUM if node.operation == "add" else PRODUCT)
        return side_by_side(pieces[0][0], SIGNS[1 if node.operation == "add" else -1], right), SUM
    if node.operation in ("multiply", "matmul"):
        return _times(node, pieces), PRODUCT
    if node.operation == "transpose":
        x = tight(pieces[0], ATOM)
        return FormulaLine(f"{x.text}ᵀ", rf"{{{x.latex}}}^{{\top}}", f"{x.html}<sup>T</sup>"), ATOM
    if node.operation in ("sum", "max"):
        where = {None: "", 0: "down", 1: "across"}[node.axis]
        name = f"{node.operation} {where}".strip()
        return formula.called(name, pieces[0][0], rf"\mathrm{{{name.replace(' ', '~')}}}"), ATOM
    if node.operation in COMPARISONS:
        return formula.compared(pieces[0][0], COMPARISONS[node.operation], pieces[1][0]), ATOM
    return OPERATIONS[node.operation](pieces)


def _times(node: ExpressionNode, pieces: Sequence[Piece]) -> FormulaLine:
    """Return a product: with · between matrices or with a number, with ⊙ element by element."""
    sides = [tight(p, PRODUCT) for p in pieces]
    if node.operation == "matmul" or not all(operand.shape for operand in node.operands):
        return joined(sides, " · ", r" \cdot ")
    return joined(sides, " ⊙ ", r" \odot ")
