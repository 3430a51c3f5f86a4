"""Build formulas in plain text, LaTeX and HTML at once.  A composite formula is built from smaller ones."""

import html as markup
import math
from collections.abc import Sequence
from fractions import Fraction
from string import Template

from reports.explanation import FormulaLine

NOTHING = FormulaLine("", "", "")


def filled(text: str, latex: str, html: str = "", **parts: FormulaLine) -> FormulaLine:
    """Return a formula from three templates, in which $x stands for the part x.

    Without `html`, the template of the text is used for HTML too.
    """

    def fill(template: str, form: str) -> str:
        return Template(template).substitute({name: getattr(part, form) for name, part in parts.items()})

    return FormulaLine(fill(text, "text"), fill(latex, "latex"), fill(html or text, "html"))


def plain(text: str) -> FormulaLine:
    """Return ordinary words as a formula."""
    return FormulaLine(text, rf"\text{{{text}}}", markup.escape(text))


def letter(text: str, latex: str, layer: str = "", above: str = "", below: Sequence[str] = ()) -> FormulaLine:
    """Return a letter with its layer, a word above and indices below: w(1)new_{2,3}."""
    indices = ",".join(below)
    under = "" if not indices else f"_{indices}" if len(below) == 1 else f"_{{{indices}}}"
    layer = f"({layer})" if layer else ""
    top = ",".join(filter(None, (layer, rf"\mathrm{{{above}}}" if above else "")))
    raised = f"{layer} {above}".strip()
    return FormulaLine(
        text + layer + above + under,
        latex + (f"^{{{top}}}" if top else "") + (f"_{{{indices}}}" if indices else ""),
        f"<i>{markup.escape(text)}</i>"
        + (f"<sup>{raised}</sup>" if raised else "")
        + (f"<sub>{indices}</sub>" if indices else ""),
    )


def joined(parts: Sequence[FormulaLine], text: str, latex: str) -> FormulaLine:
    """Return the parts with a separator between them: one for text and HTML, and one for LaTeX."""
    return FormulaLine(
        text.join(p.text for p in parts), latex.join(p.latex for p in parts), text.join(p.html for p in parts)
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


def shown(x: Fraction, digits: int) -> FormulaLine:
    """Return a number within a derivation, rounded to this many digits.  The next line uses the unrounded number."""
    return number(decimal(x, digits)[0])


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
    return ("-" if x < 0 else "") + _with_point(str(whole), exponent), exact


def _exponent(x: Fraction) -> int:
    """Return the power of ten of the first digit."""
    guess = math.floor((x.numerator.bit_length() - x.denominator.bit_length() - 1) * 0.30103)
    while Fraction(10) ** (guess + 1) <= x:
        guess += 1
    return guess


def _with_point(digits: str, exponent: int) -> str:
    """Return digits with their decimal point and without zeros at the end.

    An exponent is written if the point would be far from the digits.
    """
    ending = ""
    if not -5 <= exponent < len(digits):
        exponent, ending = 0, f"e{exponent:+03d}"
    digits = "0" * -exponent + digits
    exponent = max(exponent, 0)
    return f"{digits[: exponent + 1]}.{digits[exponent + 1 :]}".rstrip("0").rstrip(".") + ending
