"""Build formulas in plain text, LaTeX and HTML at once.  A composite formula is built from smaller ones."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from fractions import Fraction

from reports.explanation import FormulaLine

NOTHING = FormulaLine("", "", "")


def plain(text: str) -> FormulaLine:
    """Return ordinary words as a formula."""
    return FormulaLine(text, rf"\text{{{text}}}", html.escape(text))


def letter(text: str, latex: str, layer: str = "", above: str = "", below: Sequence[str] = ()) -> FormulaLine:
    """Return a letter with its layer, a word above and indices below: w(1)new_{2,3}."""
    indices = ",".join(below)
    under = "" if not indices else f"_{indices}" if len(below) == 1 else f"_{{{indices}}}"
    word = rf"\mathrm{{{above}}}"
    top = ",".join([f"({layer})"] * bool(layer) + [word] * bool(above))
    raised = f"({layer}) {above}".strip() if layer else above
    return FormulaLine(
        text + (f"({layer})" if layer else "") + above + under,
        latex + (f"^{{{top}}}" if top else "") + (f"_{{{indices}}}" if indices else ""),
        f"<i>{html.escape(text)}</i>"
        + (f"<sup>{raised}</sup>" if raised else "")
        + (f"<sub>{indices}</sub>" if indices else ""),
    )


def joined(parts: Sequence[FormulaLine], text: str, latex: str, mark: str | None = None) -> FormulaLine:
    """Return the parts with a separator between them: one for text and HTML, or `mark` for HTML, and one for LaTeX."""
    return FormulaLine(
        text.join(p.text for p in parts),
        latex.join(p.latex for p in parts),
        (text if mark is None else mark).join(p.html for p in parts),
    )


def side_by_side(*parts: FormulaLine) -> FormulaLine:
    """Return the parts one after another, without a separator."""
    return joined(parts, "", "")


def parenthesis(x: FormulaLine) -> FormulaLine:
    """Return x in parentheses."""
    return FormulaLine(f"({x.text})", rf"\left({x.latex}\right)", f"({x.html})")


def called(name: str, x: FormulaLine, latex: str = "") -> FormulaLine:
    """Return a function of x: name(x).  LaTeX writes the name as `latex`, if it is given."""
    function = latex or rf"\mathrm{{{name}}}"
    return FormulaLine(f"{name}({x.text})", rf"{function}\left({x.latex}\right)", f"{name}({x.html})")


def derivative(of: FormulaLine, by: FormulaLine) -> FormulaLine:
    """Return the partial derivative of one formula by another."""
    return FormulaLine(
        f"∂{of.text}/∂{by.text}", rf"\frac{{\partial {of.latex}}}{{\partial {by.latex}}}", f"∂{of.html}/∂{by.html}"
    )


def fraction(over: FormulaLine, under: FormulaLine, texts: tuple[str, str], marks: tuple[str, str]) -> FormulaLine:
    """Return a fraction.

    LaTeX writes `over` above `under`. A line of text needs parentheses: `texts` and `marks` have both parts with them,
    in text and in HTML.
    """
    return FormulaLine(" / ".join(texts), rf"\frac{{{over.latex}}}{{{under.latex}}}", " / ".join(marks))


def power(base: FormulaLine, exponent: FormulaLine) -> FormulaLine:
    """Return a power."""
    return FormulaLine(
        f"{base.text}^{exponent.text}",
        f"{{{base.latex}}}^{{{exponent.latex}}}",
        f"{base.html}<sup>{exponent.html}</sup>",
    )


def root(x: FormulaLine) -> FormulaLine:
    """Return the square root of x."""
    return FormulaLine(f"√({x.text})", rf"\sqrt{{{x.latex}}}", f"√({x.html})")


def over_all(sign: str, latex: str, index: str, last: int, x: FormulaLine) -> FormulaLine:
    """Return a sum (the sign "Σ") or a maximum of x over an index that runs from 1 to `last`."""
    limits = rf"_{{{index}=1}}^{{{last}}}" if sign == "Σ" else rf"_{{{index}=1\ldots {last}}}"
    return FormulaLine(
        f"{sign}_{{{index}=1..{last}}} {x.text}",
        rf"{latex}{limits} {x.latex}",
        f"{sign}<sub>{index}=1…{last}</sub> {x.html}",
    )


def compared(a: FormulaLine, sign: str, b: FormulaLine) -> FormulaLine:
    """Return a comparison in Iverson's brackets: 1 if it is true, 0 if it is not."""
    latex = {"≥": r"\ge", "≤": r"\le"}.get(sign, sign)
    return FormulaLine(
        f"[{a.text} {sign} {b.text}]",
        rf"\left[{a.latex} {latex} {b.latex}\right]",
        f"[{a.html} {html.escape(sign)} {b.html}]",
    )


def either(mask: FormulaLine, x: FormulaLine, y: FormulaLine) -> FormulaLine:
    """Return a choice: x where the mask is 1, y where it is 0."""
    return FormulaLine(
        f"({x.text} if {mask.text}, else {y.text})",
        rf"\begin{{cases}} {x.latex} & {mask.latex} \\ {y.latex} & \text{{else}} \end{{cases}}",
        f"({x.html} if {mask.html}, else {y.html})",
    )


def number(text: str) -> FormulaLine:
    """Return a number from its digits.  An exponent ("1.25e-05") and a final "…" are allowed."""
    digits, _, exponent = text.removesuffix("…").partition("e")
    dots, latex_dots = ("…", r"\ldots") if text.endswith("…") else ("", "")
    marked = digits.replace("-", "−") + dots
    if not exponent:
        return FormulaLine(text, digits + latex_dots, marked)
    power_of_ten = str(int(exponent))
    return FormulaLine(
        text,
        rf"{digits}{latex_dots}\times 10^{{{power_of_ten}}}",
        f"{marked}×10<sup>{power_of_ten.replace('-', '−')}</sup>",
    )


def decimal(x: Fraction, digits: int) -> tuple[str, bool]:
    """Return x correctly rounded to this many significant digits (half to even), and whether the result is x itself."""
    if not x:
        return "0", True
    exponent = _exponent(abs(x))
    scaled = abs(x) * Fraction(10) ** (digits - 1 - exponent)
    whole = round(scaled)
    exact = whole == scaled
    if whole == 10**digits:
        whole, exponent = whole // 10, exponent + 1
    return ("-" if x < 0 else "") + _placed(str(whole), exponent), exact


def _exponent(x: Fraction) -> int:
    """Return the power of ten of the first digit."""
    guess = math.floor((x.numerator.bit_length() - x.denominator.bit_length() - 1) * 0.30103)
    while Fraction(10) ** (guess + 1) <= x:
        guess += 1
    return guess


def _placed(digits: str, exponent: int) -> str:
    """Return digits with their decimal point and without zeros at the end.

    An exponent is written if the point would be far from the digits.
    """
    if not -5 <= exponent < len(digits):
        rest = digits[1:].rstrip("0")
        return digits[0] + ("." + rest if rest else "") + f"e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    if exponent < 0:
        return "0." + "0" * (-exponent - 1) + digits.rstrip("0")
    whole, rest = digits[: exponent + 1], digits[exponent + 1 :].rstrip("0")
    return whole + ("." + rest if rest else "")


def shown(x: Fraction, digits: int) -> FormulaLine:
    """Return a number within a derivation, rounded to this many digits.  The next line uses the unrounded number."""
    return number(decimal(x, digits)[0])
