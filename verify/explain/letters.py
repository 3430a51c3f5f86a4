"""Names of tensors and coefficients in the essay's letters."""

from __future__ import annotations

import re
from collections.abc import Sequence

from reports.explanation import Formula
from verify.explain import formula
from verify.explain.formula import called, derivative, letter

NAME = re.compile(r"(?P<kind>update_|clipped_|vmax_|m_|v_|)(?P<d>d?)(?P<core>[A-Za-z])(?P<layer>\d*)"
                  r"(?P<state>_new|_before|_decayed|)(?P<earlier>@?)")  # fmt: skip
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
    found = NAME.fullmatch(name)
    if name in COEFFICIENTS or found is None:
        return coefficient(name)
    core, layer, state = found["core"], found["layer"], found["state"]
    small_text, small_latex, big_text, big_latex = CORES.get(core, (core.lower(), core.lower(), core, core))
    if core in ("C", "X", "y"):
        small_text, big_text = {"C": "C", "X": "x", "y": "y"}[core], {"C": "C", "X": "X", "y": "y"}[core]
        small_latex, big_latex = small_text, big_text
    left = bool(found["earlier"]) and not found["kind"]
    above = "new" if left else {"_new": "new", "_decayed": "decayed"}.get(state, "")
    text, latex = (small_text, small_latex) if small else (big_text, big_latex)
    found_core = letter(text, latex, layer, above, index)
    if found["d"]:
        found_core = derivative(letter("C", "C"), found_core)
    when = "t-1" if state == "_before" else "t"
    made = _kind(found["kind"], found_core, when)
    return formula.side_by_side(made, formula.plain(" of the step before")) if found["earlier"] else made


def _kind(kind: str, of: Formula, when: str) -> Formula:
    if kind == "update_":
        return called("η∇C", of, r"\eta\nabla C")
    if kind == "clipped_":
        return called("clip", derivative(letter("C", "C"), of))
    if kind in ("m_", "v_", "vmax_"):
        text, latex = {"m_": ("m", "m"), "v_": ("v", "v"), "vmax_": ("v̂", r"\hat v")}[kind]
        subscript = f"{text}_{{{when}}}" if len(when) > 1 else f"{text}_{when}"
        return Formula(
            f"{subscript}({of.text})", rf"{latex}_{{{when}}}\left({of.latex}\right)",
            f"<i>{text}</i><sub>{when}</sub>({of.html})",
        )  # fmt: skip
    return of
