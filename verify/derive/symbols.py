"""Names of tensors and coefficients in the essay's letters."""

from __future__ import annotations

from collections.abc import Sequence

from reference.tensor_names import CARRIED, CLIPPED, UPDATE, parts_of
from reports.explanation import Formula
from verify.derive import formula
from verify.derive.formula import called, derivative, letter

CORES = {"D": ("ã", r"\tilde a", "Ã", r"\tilde A"), "M": ("r", "r", "R", "R")}  # dropped, mask
COEFFICIENTS = {
    "alpha": ("α", r"\alpha"), "beta_1": ("β1", r"\beta_1"), "beta_2": ("β2", r"\beta_2"), "t": ("t", "t"),
    "epsilon": ("ε", r"\varepsilon"), "momentum": ("μ", r"\mu"), "weight_decay": ("λ", r"\lambda"), "rate": ("p", "p"),
    "most": ("c", "c"), "scale": ("s", "s"), "offset": ("o", "o"), "smoothing": ("σ", r"\sigma"), "N": ("N", "N"),
    "n": ("n", "n"), "negative_slope": ("s", "s"),
}  # fmt: skip


def coefficient(name: str) -> Formula:
    text, latex = COEFFICIENTS.get(name, (name, rf"\mathrm{{{name}}}"))
    return letter(text, latex)


def element(name: str, index: Sequence[str]) -> Formula:
    """One element: "dW3", ("3", "2") -> ∂C/∂w(3)_{3,2}."""
    return _of(name, index, small=True)


def whole(name: str) -> Formula:
    """The matrix."""
    return _of(name, (), small=False)


def _of(name: str, index: Sequence[str], small: bool) -> Formula:
    found = parts_of(name)
    if name in COEFFICIENTS or found is None or len(found.quantity) > 1:
        return coefficient(name)
    core, layer = found.quantity, "" if found.layer is None else str(found.layer)
    small_text, small_latex, big_text, big_latex = CORES.get(core, (core.lower(), core.lower(), core, core))
    if core in ("C", "X", "y"):
        small_text, big_text = {"C": "C", "X": "x", "y": "y"}[core], {"C": "C", "X": "X", "y": "y"}[core]
        small_latex, big_latex = small_text, big_text
    left = found.when == CARRIED and not found.is_kept
    above = "new" if left else found.state if found.state in ("new", "decayed") else ""
    text, latex = (small_text, small_latex) if small else (big_text, big_latex)
    found_core = letter(text, latex, layer, above, index)
    if found.role == "d":
        found_core = derivative(letter("C", "C"), found_core)
    made = _in_role(found.role, found_core, "t-1" if found.state == "before" else "t")
    return formula.side_by_side(made, formula.plain(" of the step before")) if found.when == CARRIED else made


def _in_role(role: str, of: Formula, when: str) -> Formula:
    if role == UPDATE:
        return called("η∇C", of, r"\eta\nabla C")
    if role == CLIPPED:
        return called("clip", derivative(letter("C", "C"), of))
    if role in ("m", "v", "vmax"):
        text, latex = {"m": ("m", "m"), "v": ("v", "v"), "vmax": ("v̂", r"\hat v")}[role]
        subscript = f"{text}_{{{when}}}" if len(when) > 1 else f"{text}_{when}"
        return Formula(
            f"{subscript}({of.text})", rf"{latex}_{{{when}}}\left({of.latex}\right)",
            f"<i>{text}</i><sub>{when}</sub>({of.html})",
        )  # fmt: skip
    return of
