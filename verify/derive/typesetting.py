"""Typeset terms in letters or with numbers, and whole tensors in matrices."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from reference.tensor_names import is_of
from reports.explanation import FormulaLine
from verify.derive import formula
from verify.derive.expression import CHOOSE, FIRST, ExpressionNode
from verify.derive.formula import filled, joined
from verify.derive.running import Index, Running, elements_of, letters_of, listed, written
from verify.derive.symbols import coefficient, symbol
from verify.derive.terms import Key, Term

SUM, PRODUCT, ATOM = 1, 2, 3  # how tightly a formula binds; a looser one gets parentheses inside a tighter one
MOST = 9  # so many elements are listed one by one
Piece = tuple[FormulaLine, int]  # a formula, and how tightly it binds
Names = Mapping[Key, FormulaLine]


class Notation(NamedTuple):
    """How an operation on x, y, z is written.

    In the templates $x has the parentheses that it needs, and $X has none. `levels` says how tightly each operand must
    bind to need no parentheses, and `binds` how tightly the result binds. `html` is empty if it is like `text`.
    """

    text: str
    latex: str
    html: str = ""
    levels: tuple[int, ...] = ()
    binds: int = ATOM


NOTATIONS = {
    "divide": Notation("$x / $y", r"\frac{$X}{$Y}", "", (PRODUCT, ATOM), PRODUCT),
    "reciprocal": Notation("1 / $x", r"\frac{1}{$X}", "", (ATOM,), PRODUCT),
    "negative": Notation("-$x", "-$x", "−$x", (PRODUCT,), SUM),
    "power": Notation("$x^$y", "{$x}^{$y}", "$x<sup>$y</sup>", (ATOM, ATOM), PRODUCT),
    "sqrt": Notation("√($X)", r"\sqrt{$X}"),
    "exp": Notation("exp($X)", r"\exp\left($X\right)"),
    "log": Notation("ln($X)", r"\ln\left($X\right)"),
    "log1p": Notation("ln(1 + $x)", r"\ln\left(1 + $x\right)", "", (PRODUCT,)),
    "tanh": Notation("tanh($X)", r"\tanh\left($X\right)"),
    "erfc": Notation("erfc($X)", r"\mathrm{erfc}\left($X\right)"),
    "floor": Notation("floor($X)", r"\mathrm{floor}\left($X\right)"),
    "cos": Notation("cos($X)", r"\cos\left($X\right)"),
    "ceil": Notation("ceil($X)", r"\left\lceil $X\right\rceil"),
    "periods_over": Notation("periods over($X, $Y, $Z)", r"\mathrm{periods~over}\left($X, $Y, $Z\right)"),
    "maximum": Notation("max($X, $Y)", r"\max\left($X, $Y\right)"),
    "minimum": Notation("min($X, $Y)", r"\min\left($X, $Y\right)"),
    CHOOSE: Notation("($Y if $X, else $Z)", r"\begin{cases} $Y & $X \\ $Z & \text{else} \end{cases}"),
    # Comparisons stand in Iverson's brackets: 1 if true, 0 if not.
    "greater": Notation("[$X > $Y]", r"\left[$X > $Y\right]", "[$X &gt; $Y]"),
    "greater_equal": Notation("[$X ≥ $Y]", r"\left[$X \ge $Y\right]"),
    "less": Notation("[$X < $Y]", r"\left[$X < $Y\right]", "[$X &lt; $Y]"),
    "less_equal": Notation("[$X ≤ $Y]", r"\left[$X \le $Y\right]"),
    "equal": Notation("[$X = $Y]", r"\left[$X = $Y\right]"),
    FIRST: Notation("[$X is the first $Y]", r"\left[$X \text{ is the first } $Y\right]"),
    # These occur only in matrices.
    "transpose": Notation("$xᵀ", r"{$x}^{\top}", "$x<sup>T</sup>", (ATOM,)),
    "add": Notation("$x + $y", "$x + $y", "", (SUM, SUM), SUM),
    "subtract": Notation("$x - $y", "$x - $y", "$x − $y", (SUM, PRODUCT), SUM),
    "matmul": Notation("$x · $y", r"$x \cdot $y", "", (PRODUCT, PRODUCT), PRODUCT),
    "multiply": Notation("$x ⊙ $y", r"$x \odot $y", "", (PRODUCT, PRODUCT), PRODUCT),
}


def _operation(name: str, operands: Sequence[Piece]) -> Piece:
    """Return an operation on operands that are already written."""
    notation = NOTATIONS[name]
    bare = {letter: line for letter, (line, _) in zip("XYZ", operands, strict=False)}
    tight_ones = zip("xyz", operands, notation.levels, strict=False)
    parts = bare | {letter: tight(operand, level) for letter, operand, level in tight_ones}
    return filled(notation.text, notation.latex, notation.html, **parts), notation.binds


def tight(piece: Piece, level: int) -> FormulaLine:
    """Return the piece, in parentheses if it binds less tightly than `level`."""
    line, binds = piece
    return line if binds >= level else filled("($x)", r"\left($x\right)", x=line)


def in_letters(term: Term, names: Names = MappingProxyType({})) -> FormulaLine:
    """Return the term in the essay's letters.  Terms inside it that have a name are written by their name."""
    return _letters(term, names)[0]


def _letters(term: Term, names: Names) -> Piece:
    if term.key in names:
        return names[term.key], ATOM
    if term.kind == "tensor":
        return symbol(term.node.name, subscripts(term.node, term.index)), ATOM
    if term.kind == "constant":
        return _constant(term.node, term.index), SUM if np.any(np.less(term.node.value, 0)) else ATOM
    if term.kind == "moved":
        return _letters(term.parts[0], names)
    return composed(term, lambda part: _letters(part, names), " · ", r"\,")


def _constant(node: ExpressionNode, index: Index | None = None) -> FormulaLine:
    """Return a constant, or its element at an index; several numbers are the letter c."""
    if node.name:
        return coefficient(node.name)
    values = elements_of(np.asarray(node.value), index)
    if len(values) == 1:
        return formula.number(digits(values[0]))
    return formula.letter("c", "c", below=letters_of(index or ()))


def digits(value: float) -> str:
    """Return the shortest decimal that is this float64, without ".0"."""
    return repr(value).removesuffix(".0")


def subscripts(node: ExpressionNode, index: Index) -> tuple[str, ...]:
    """Return indices as the essay writes them, from 1.  The row of a bias, or of a batch of one, is left out.

    An index without a formula in letters is written as the letters alone; `remarks` says what it stands for.
    """
    one_row = len(index) == 2 and node.shape[0] == 1 and not is_of(node.name, "W")
    texts = written(index, node.shape)
    return letters_of(index) if texts is None else texts[1:] if one_row else texts


def remarks(term: Term) -> Iterator[str]:
    """Yield what a reader must know about the indices in a term: where numbers are 0, and what letters stand for."""
    said: dict[str, None] = {}
    for inner in term.subterms():
        numbers = elements_of(np.asarray(inner.node.value), inner.index) if inner.kind == "constant" else ()
        if len(numbers) > 1:
            said[f"{in_letters(inner).text} runs over {', '.join(map(digits, numbers[:MOST]))}"] = None
        runs = [i for i in inner.index if isinstance(i, Running)] if inner.kind == "tensor" else []
        whole = symbol(inner.node.name).text
        if runs and written(inner.index, inner.node.shape) is None:
            said[f"{in_letters(inner).text} runs over {_listed(inner)} of {whole}"] = None
        elif not all(i.inside.all() for i in runs):
            said[f"where {whole} has no such number, it counts as 0"] = None
    yield from said


def _listed(term: Term) -> str:
    """List the elements over which a tensor's element runs: "4 numbers ([1,1], [1,2], [2,1], [2,2])"."""
    elements, zeros = listed(term.index)
    shown = elements if len(elements) <= MOST else (*elements[: MOST - 1], "…", elements[-1])
    count = f"{len(elements):,} number{'s' if len(elements) > 1 else ''}"
    return f"{count}{' and zeros' if zeros else ''} ({', '.join(shown)})"


def composed(term: Term, write: Callable[[Term], Piece], times: str, latex_times: str) -> Piece:
    """Return a term whose parts are written by `write`, and how tightly it binds."""
    pieces = [write(part) for part in term.parts]
    if term.kind == "add":
        return _added(term.signs, pieces), SUM
    if term.kind == "multiply":
        return joined([tight(piece, PRODUCT) for piece in pieces], times, latex_times), PRODUCT
    if term.kind == "reduction":
        return _reduction(term, tight(pieces[0], PRODUCT)), PRODUCT
    return _operation(term.kind, pieces)


def _added(signs: Sequence[int], pieces: Sequence[Piece]) -> FormulaLine:
    """Return the sum of the pieces, the first of which has the sign +."""
    result = pieces[0][0]
    for sign, piece in zip(signs[1:], pieces[1:], strict=True):
        operation = "add" if sign > 0 else "subtract"
        result, _ = _operation(operation, [(result, SUM), (tight(piece, PRODUCT), PRODUCT)])
    return result


def _reduction(term: Term, result: FormulaLine) -> FormulaLine:
    """Return a sum or a maximum of `result` over the indices of the term."""
    for letter, last in reversed(term.ranges):
        if term.reduction == "sum":
            sign, latex = "Σ", rf"\sum_{{{letter}=1}}^{{{last}}}"
        else:
            sign, latex = "max", rf"\max_{{{letter}=1\ldots {last}}}"
        html = f"{sign}<sub>{letter}=1…{last}</sub> $x"
        result = filled(f"{sign}_{{{letter}=1..{last}}} $x", f"{latex} $x", html, x=result)
    return result


def in_matrices(node: ExpressionNode) -> FormulaLine:
    """Return the equation of a whole tensor, in matrices."""
    return _matrices(node)[0]


def _matrices(node: ExpressionNode) -> Piece:
    if node.operation == "tensor":
        return symbol(node.name), ATOM
    if node.operation == "constant":
        return _constant(node), SUM if np.any(np.less(node.value, 0)) else ATOM
    if node.body is not None:
        return _matrices(node.body)
    if node.source is not None and not _is_transpose(node):
        return _moved_matrices(node), ATOM
    pieces = [_matrices(operand) for operand in node.operands]
    if node.operation in ("sum", "max"):
        name = node.operation + _direction(node)
        latex = rf"\mathrm{{{name.replace(' ', '~')}}}\left($x\right)"
        return filled(f"{name}($x)", latex, x=pieces[0][0]), ATOM
    times_a_number = node.operation == "multiply" and not all(operand.shape for operand in node.operands)
    return _operation("matmul" if times_a_number else node.operation, pieces)


def _is_transpose(node: ExpressionNode) -> bool:
    return node.operation == "transpose" and len(node.shape) == 2


def _moved_matrices(node: ExpressionNode) -> FormulaLine:
    """Return numbers that are only moved: "arranged(X)", once for several such operations on each other."""
    while len(node.operands) == 1 and (inner := node.operands[0]).source is not None and not _is_transpose(inner):
        node = inner
    name = "arranged" if len(node.operands) == 1 else "beside"
    operands = joined([_matrices(operand)[0] for operand in node.operands], ", ", ", ")
    return filled(f"{name}($x)", rf"\mathrm{{{name}}}\left($x\right)", x=operands)


def _direction(node: ExpressionNode) -> str:
    """Say along which axes a sum or maximum runs."""
    rank = len(node.operands[0].shape)
    if len(node.axes) == rank:
        return ""
    if rank == 2:
        return " down" if node.axes == (0,) else " across"
    return f" along {'axis' if len(node.axes) == 1 else 'axes'} {', '.join(str(axis + 1) for axis in node.axes)} of "
