"""Write the names of tensors and coefficients in the essay's letters."""

from __future__ import annotations

from collections.abc import Sequence

from reference.tensor_names import CARRIED, CLIPPED, UPDATE, parts_of
from reports.explanation import FormulaLine
from verify.derive import formula
from verify.derive.formula import called, derivative, letter

LETTERS = {  # of quantities with other letters than their own: text and LaTeX of an element, and of the matrix
    "C": ("C", "C", "C", "C"),
    "D": ("ã", r"\tilde a", "Ã", r"\tilde A"),  # after dropout
    "M": ("r", "r", "R", "R"),  # the mask of dropout
}
COEFFICIENTS = {
    "alpha": ("α", r"\alpha"), "beta_1": ("β1", r"\beta_1"), "beta_2": ("β2", r"\beta_2"), "t": ("t", "t"),
    "epsilon": ("ε", r"\varepsilon"), "momentum": ("μ", r"\mu"), "weight_decay": ("λ", r"\lambda"), "rate": ("p", "p"),
    "most": ("c", "c"), "scale": ("s", "s"), "offset": ("o", "o"), "smoothing": ("σ", r"\sigma"), "N": ("N", "N"),
    "n": ("n", "n"), "negative_slope": ("s", "s"),
}  # fmt: skip
MOMENTS = {"m": ("m", "m"), "v": ("v", "v"), "vmax": ("v̂", r"\hat v")}


def coefficient(name: str) -> FormulaLine:
    """Return the letter of a coefficient, or its name if it has no letter."""
    text, latex = COEFFICIENTS.get(name, (name, rf"\mathrm{{{name}}}"))
    return letter(text, latex)


def element(name: str, index: Sequence[str]) -> FormulaLine:
    """Return one element of a tensor: "dW3", ("3", "2") -> ∂C/∂w(3)_{3,2}."""
    return _tensor(name, index, small=True)


def whole(name: str) -> FormulaLine:
    """Return a whole tensor: "dW3" -> ∂C/∂W(3)."""
    return _tensor(name, (), small=False)


def _tensor(name: str, index: Sequence[str], small: bool) -> FormulaLine:
    parts = parts_of(name)
    if name in COEFFICIENTS or parts is None or len(parts.quantity) > 1:
        return coefficient(name)
    quantity, layer = parts.quantity, "" if parts.layer is None else str(parts.layer)
    letters = LETTERS.get(quantity, (quantity.lower(), quantity.lower(), quantity, quantity))
    text, latex = letters[:2] if small else letters[2:]
    is_new = parts.when == CARRIED and not parts.is_kept
    above = "new" if is_new else parts.state if parts.state in ("new", "decayed") else ""
    symbol = letter(text, latex, layer, above, index)
    if parts.role == "d":
        symbol = derivative(letter("C", "C"), symbol)
    symbol = _in_role(parts.role, symbol, "t-1" if parts.state == "before" else "t")
    return formula.side_by_side(symbol, formula.plain(" of the step before")) if parts.when == CARRIED else symbol


def _in_role(role: str, of: FormulaLine, when: str) -> FormulaLine:
    """Return the symbol as an update, a clipped gradient or a moment at time `when`; unchanged in another role."""
    if role == UPDATE:
        return called("η∇C", of, r"\eta\nabla C")
    if role == CLIPPED:
        return called("clip", derivative(letter("C", "C"), of))
    if role in MOMENTS:
        text, latex = MOMENTS[role]
        subscript = f"{text}_{{{when}}}" if len(when) > 1 else f"{text}_{when}"
        return FormulaLine(
            f"{subscript}({of.text})",
            rf"{latex}_{{{when}}}\left({of.latex}\right)",
            f"<i>{text}</i><sub>{when}</sub>({of.html})",
        )
    return of
