"""Formulas in three writings at once: plain text, LaTeX, HTML. Everything composite is made of smaller ones."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from fractions import Fraction

from reports.explanation import Formula

NOTHING = Formula("", "", "")
SHOWN = 12  # significant digits of a number within a derivation


def plain(text: str) -> Formula:
    """Ordinary words."""
    return Formula(text, rf"\text{{{text}}}", html.escape(text))


def letter(text: str, latex: str, layer: str = "", above: str = "", below: Sequence[str] = ()) -> Formula:
    """A letter with its layer, a word above and indices below: w(1)new_{2,3}."""
    indices = ",".join(below)
    under = "" if not indices else f"_{indices}" if len(below) == 1 else f"_{{{indices}}}"
    word = rf"\mathrm{{{above}}}"
    top = ",".join([f"({layer})"] * bool(layer) + [word] * bool(above))
    raised = f"({layer}) {above}".strip() if layer else above
    return Formula(
        text + (f"({layer})" if layer else "") + above + under,
        latex + (f"^{{{top}}}" if top else "") + (f"_{{{indices}}}" if indices else ""),
        f"<i>{html.escape(text)}</i>"
        + (f"<sup>{raised}</sup>" if raised else "")
        + (f"<sub>{indices}</sub>" if indices else ""),
    )


def joined(parts: Sequence[Formula], text: str, latex: str, mark: str | None = None) -> Formula:
    return Formula(
        text.join(p.text for p in parts),
        latex.join(p.latex for p in parts),
        (text if mark is None else mark).join(p.html for p in parts),
    )


def side_by_side(*parts: Formula) -> Formula:
    return joined(parts, "", "")


def parenthesis(x: Formula) -> Formula:
    return Formula(f"({x.text})", rf"\left({x.latex}\right)", f"({x.html})")


def called(name: str, x: Formula, latex: str = "") -> Formula:
    """f(x)."""
    function = latex or rf"\mathrm{{{name}}}"
    return Formula(f"{name}({x.text})", rf"{function}\left({x.latex}\right)", f"{name}({x.html})")


def derivative(of: Formula, by: Formula) -> Formula:
    return Formula(
        f"∂{of.text}/∂{by.text}", rf"\frac{{\partial {of.latex}}}{{\partial {by.latex}}}", f"∂{of.html}/∂{by.html}"
    )


def fraction(over: Formula, under: Formula, texts: tuple[str, str], marks: tuple[str, str]) -> Formula:
    """In a line of text with the parentheses that are needed there; LaTeX needs none."""
    return Formula(" / ".join(texts), rf"\frac{{{over.latex}}}{{{under.latex}}}", " / ".join(marks))


def power(base: Formula, exponent: Formula) -> Formula:
    return Formula(
        f"{base.text}^{exponent.text}",
        f"{{{base.latex}}}^{{{exponent.latex}}}",
        f"{base.html}<sup>{exponent.html}</sup>",
    )


def root(x: Formula) -> Formula:
    return Formula(f"√({x.text})", rf"\sqrt{{{x.latex}}}", f"√({x.html})")


def over_all(sign: str, latex: str, index: str, last: int, x: Formula) -> Formula:
    """A sum or a maximum over an index that runs from 1."""
    ends = rf"_{{{index}=1}}^{{{last}}}" if sign == "Σ" else rf"_{{{index}=1\ldots {last}}}"
    return Formula(
        f"{sign}_{{{index}=1..{last}}} {x.text}",
        rf"{latex}{ends} {x.latex}",
        f"{sign}<sub>{index}=1…{last}</sub> {x.html}",
    )


def compared(a: Formula, sign: str, b: Formula) -> Formula:
    """1 where it is true, 0 where not: Iverson's bracket."""
    latex = {"≥": r"\ge", "≤": r"\le"}.get(sign, sign)
    return Formula(f"[{a.text} {sign} {b.text}]", rf"\left[{a.latex} {latex} {b.latex}\right]",
                   f"[{a.html} {html.escape(sign)} {b.html}]")  # fmt: skip


def either(mask: Formula, x: Formula, y: Formula) -> Formula:
    """x where the mask is 1, y where it is 0."""
    return Formula(
        f"({x.text} if {mask.text}, else {y.text})",
        rf"\begin{{cases}} {x.latex} & {mask.latex} \\ {y.latex} & \text{{else}} \end{{cases}}",
        f"({x.html} if {mask.html}, else {y.html})",
    )


def number(text: str) -> Formula:
    """A number as digits, "1.25e-05" too; a sign of "…" may end it."""
    digits, _, tail = text.partition("e")
    tail, more = tail.removesuffix("…"), "…" if text.endswith("…") else ""
    digits = digits.removesuffix("…")
    dots = r"\ldots" if more else ""
    if not tail:
        return Formula(text, digits + dots, digits.replace("-", "−") + more)
    exponent = str(int(tail))
    return Formula(
        f"{digits}e{tail}" + more, rf"{digits}{dots}\times 10^{{{exponent}}}",
        f"{digits.replace('-', '−')}{more}×10<sup>{exponent.replace('-', '−')}</sup>",
    )  # fmt: skip


def decimal(x: Fraction, digits: int = SHOWN) -> tuple[str, bool]:
    """x correctly rounded to so many significant digits, half to even; and whether that is x itself."""
    if not x:
        return "0", True
    exponent = _exponent(abs(x))
    scaled = abs(x) * Fraction(10) ** (digits - 1 - exponent)
    whole = round(scaled)
    if whole == 10**digits:
        whole, exponent = whole // 10, exponent + 1
    exact = whole * Fraction(10) ** (exponent - digits + 1) == abs(x)
    return ("-" if x < 0 else "") + _placed(str(whole), exponent), exact


def _exponent(x: Fraction) -> int:
    """The power of ten of the first digit."""
    guess = math.floor((x.numerator.bit_length() - x.denominator.bit_length() - 1) * 0.30103)
    while Fraction(10) ** (guess + 1) <= x:
        guess += 1
    return guess


def _placed(digits: str, exponent: int) -> str:
    """Digits with their point, without zeros at the end; an exponent where they would be far from it."""
    if not -5 <= exponent < len(digits):
        rest = digits[1:].rstrip("0")
        return digits[0] + ("." + rest if rest else "") + f"e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    if exponent < 0:
        return "0." + "0" * (-exponent - 1) + digits.rstrip("0")
    whole, rest = digits[: exponent + 1], digits[exponent + 1 :].rstrip("0")
    return whole + ("." + rest if rest else "")


def shown(x: Fraction, digits: int = SHOWN) -> Formula:
    """A number within a derivation, to so many digits; the next line goes on with all of them."""
    return number(decimal(x, digits)[0])
