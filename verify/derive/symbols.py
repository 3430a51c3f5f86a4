"""Write the names of tensors and coefficients in the essay's letters."""

from collections.abc import Sequence

from reference.tensor_names import CARRIED, CLIPPED, ITERATE, MEAN, PENALTY, UNSCALED, UPDATE, parts_of
from reports.explanation import FormulaLine
from verify.derive.formula import filled, letter

LETTERS = {  # of quantities with other letters than their own: text and LaTeX of an element, and of the matrix
    "C": ("C", "C", "C", "C"),
    "D": ("ã", r"\tilde a", "Ã", r"\tilde A"),  # after dropout
    "M": ("r", "r", "R", "R"),  # the mask of dropout
    "K": ("r'", "r'", "R'", "R'"),  # the mask of another dropout, which gives Q
    "gamma": ("γ", r"\gamma", "γ", r"\gamma"),
    "slope": ("s", "s", "S", "S"),  # of a PReLU
    "shift": ("β", r"\beta", "β", r"\beta"),
    "mean": ("μ", r"\mu", "μ", r"\mu"),
    "mu": ("μ", r"\mu", "μ", r"\mu"),
    "variance": ("σ²", r"{\sigma^2}", "σ²", r"{\sigma^2}"),
}
COEFFICIENTS = {
    "alpha": ("α", r"\alpha"), "beta_1": ("β1", r"\beta_1"), "beta_2": ("β2", r"\beta_2"), "t": ("t", "t"),
    "epsilon": ("ε", r"\varepsilon"), "momentum": ("μ", r"\mu"), "weight_decay": ("λ", r"\lambda"), "rate": ("p", "p"),
    "most": ("c", "c"), "scale": ("s", "s"), "offset": ("o", "o"), "smoothing": ("σ", r"\sigma"), "N": ("N", "N"),
    "n": ("n", "n"), "negative_slope": ("s", "s"), "rho": ("ρ", r"\rho"), "keep": ("ρ", r"\rho"),
    "beta": ("β", r"\beta"), "delta": ("δ", r"\delta"), "gamma": ("γ", r"\gamma"),
}  # fmt: skip
MOMENTS = {"m": ("m", "m"), "v": ("v", "v"), "vmax": ("v̂", r"\hat v"), "g": ("ḡ", r"\bar g"), "u": ("u", "u"),
           "r": ("r", "r"), "c": ("c", "c"),
           "product": ("Π", r"\Pi"), "average": ("avg", r"\mathrm{avg}"), "accumulated": ("acc", r"\mathrm{acc}"),
           "moving": ("moving", r"\mathrm{moving}")}  # fmt: skip


def coefficient(name: str) -> FormulaLine:
    """Return the letter of a coefficient, or its name if it has no letter."""
    return letter(*COEFFICIENTS.get(name, (name, rf"\mathrm{{{name}}}")))


def symbol(name: str, index: Sequence[str] | None = None) -> FormulaLine:
    """Return one element of a tensor, or without an index the whole tensor.

    "dW3", ("3", "2") -> ∂C/∂w(3)_{3,2}, and "dW3" -> ∂C/∂W(3).
    """
    parts = parts_of(name)
    if name in COEFFICIENTS or parts is None or (len(parts.quantity) > 1 and parts.quantity not in LETTERS):
        return coefficient(name)
    quantity, layer = parts.quantity, "" if parts.layer is None else str(parts.layer)
    letters = LETTERS.get(quantity, (quantity.lower(), quantity.lower(), quantity, quantity))
    text, latex = letters[2:] if index is None else letters[:2]
    is_new = parts.when == CARRIED and not parts.is_kept
    above = "new" if is_new else parts.state if parts.state in ("new", "decayed", "updated") else ""
    formula = letter(text, latex, layer, above, index or ())
    if parts.role == "d":
        formula = _gradient(formula)
    formula = _in_role(parts.role, formula, "t-1" if parts.state == "before" else "t")
    if parts.when == CARRIED:
        return filled("$x of the step before", r"$x\text{ of the step before}", x=formula)
    return formula


def _gradient(x: FormulaLine) -> FormulaLine:
    return filled("∂C/∂$x", r"\frac{\partial C}{\partial $x}", "∂<i>C</i>/∂$x", x=x)


def _in_role(role: str, x: FormulaLine, when: str) -> FormulaLine:
    """Return the symbol as an update, a clipped gradient or a moment at time `when`; unchanged in another role."""
    if role == UPDATE:
        return filled("η∇C($x)", r"\eta\nabla C\left($x\right)", x=x)
    if role == CLIPPED:
        return filled("clip($x)", r"\mathrm{clip}\left($x\right)", x=_gradient(x))
    if role == PENALTY:
        return filled("R($x)", r"R\left($x\right)", "<i>R</i>($x)", x=x)
    if role.startswith(ITERATE):
        number = role.removeprefix(ITERATE)
        return filled(f"X_{number}($x)", rf"X_{{{number}}}\left($x\right)", f"<i>X</i><sub>{number}</sub>($x)", x=x)
    if role in (UNSCALED, MEAN):
        return filled(f"{role}($x)", rf"\mathrm{{{role}}}\left($x\right)", x=_gradient(x))
    if role in MOMENTS:
        text, latex = MOMENTS[role]
        below = f"{{{when}}}" if len(when) > 1 else when
        return filled(
            f"{text}_{below}($x)", rf"{latex}_{{{when}}}\left($x\right)", f"<i>{text}</i><sub>{when}</sub>($x)", x=x
        )
    return x
