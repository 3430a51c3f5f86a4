"""Typeset terms in letters or with numbers, and whole tensors in matrices."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from reference.tensor_names import is_of
from reports.explanation import FormulaLine
from verify.derive import formula
from verify.derive.expression import CHOOSE, ExpressionNode
from verify.derive.formula import filled, joined
from verify.derive.symbols import coefficient, symbol
from verify.derive.terms import Index, Key, Term

SUM, PRODUCT, ATOM = 1, 2, 3  # how tightly a formula binds; a looser one gets parentheses inside a tighter one
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
    "tanh": Notation("tanh($X)", r"\tanh\left($X\right)"),
    "erfc": Notation("erfc($X)", r"\mathrm{erfc}\left($X\right)"),
    "floor": Notation("floor($X)", r"\mathrm{floor}\left($X\right)"),
    "maximum": Notation("max($X, $Y)", r"\max\left($X, $Y\right)"),
    "minimum": Notation("min($X, $Y)", r"\min\left($X, $Y\right)"),
    CHOOSE: Notation("($Y if $X, else $Z)", r"\begin{cases} $Y & $X \\ $Z & \text{else} \end{cases}"),
    # Comparisons stand in Iverson's brackets: 1 if true, 0 if not.
    "greater": Notation("[$X > $Y]", r"\left[$X > $Y\right]", "[$X &gt; $Y]"),
    "greater_equal": Notation("[$X ≥ $Y]", r"\left[$X \ge $Y\right]"),
    "less": Notation("[$X < $Y]", r"\left[$X < $Y\right]", "[$X &lt; $Y]"),
    "less_equal": Notation("[$X ≤ $Y]", r"\left[$X \le $Y\right]"),
    "equal": Notation("[$X = $Y]", r"\left[$X = $Y\right]"),
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
        return _constant(term.node), ATOM
    return composed(term, lambda part: _letters(part, names), " · ", r"\,")


def _constant(node: ExpressionNode) -> FormulaLine:
    if node.name:
        return coefficient(node.name)
    return formula.number(digits(float(node.value.flat[0] if node.shape else node.value)))


def digits(value: float) -> str:
    """Return the shortest decimal that is this float64, without ".0"."""
    return repr(value).removesuffix(".0")


def subscripts(node: ExpressionNode, index: Index) -> tuple[str, ...]:
    """Return indices as the essay writes them, from 1.  The row of a bias, or of a batch of one, is left out."""
    one_row = len(index) == 2 and node.shape[0] == 1 and not is_of(node.name, "W")
    return tuple(str(i + 1) if isinstance(i, int) else i for i in (index[1:] if one_row else index))


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
        return _constant(node), ATOM
    if node.body is not None:
        return _matrices(node.body)
    pieces = [_matrices(operand) for operand in node.operands]
    if node.operation in ("sum", "max"):
        name = node.operation + {None: "", 0: " down", 1: " across"}[node.axis]
        latex = rf"\mathrm{{{name.replace(' ', '~')}}}\left($x\right)"
        return filled(f"{name}($x)", latex, x=pieces[0][0]), ATOM
    times_a_number = node.operation == "multiply" and not all(operand.shape for operand in node.operands)
    return _operation("matmul" if times_a_number else node.operation, pieces)
