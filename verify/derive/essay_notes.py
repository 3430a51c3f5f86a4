"""Compare a number with the essay's own form of its equation, and say what is wrong with the equation as printed."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from reference import index_forms
from reference.index_forms import Example
from reference.network import ESSAY, chain
from reference.rules import Rule
from reference.tensor_names import has_role, is_of, read
from reports.explanation import Outcome
from verify.derive.case import DerivedStep
from verify.essay.claims import PRINTED, claims

SAME = 1e-12  # relative difference; both forms are evaluated in float64
Form = Callable[..., Any]


def notes(case: DerivedStep, rule: Rule, position: tuple[int, ...], outcome: Outcome) -> Iterator[str]:
    """Yield sentences about the essay's form of the rule, with the numbers that it gives.

    `position` counts from 0.  There are no notes if the network is not like the essay's.
    """
    if not _is_like_the_essay(case):
        return
    is_weight_gradient = has_role(rule.tensor, "d") and is_of(rule.tensor, "W")
    index = tuple(i + 1 for i in (position if is_weight_gradient else position[1:]))
    # The forms of dW3 are dc_dw3 and dc_dw3_as_printed.
    form: Form | None = getattr(index_forms, f"dc_{rule.tensor.lower()}", None)
    printed_form: Form | None = getattr(index_forms, f"dc_{rule.tensor.lower()}_as_printed", None)
    value = _value(form, case, index) if rule.phase == "backward" else None
    statement = ((form.__doc__ if form else "") or "").partition(".  ")[0]
    if value is not None and "=" in statement:
        yield f"In the essay's form, {statement}: {value:.9g} from TensorFlow's x, z, w and y"
    slip = _slip(rule)
    if slip:
        effect = _effect(value, _value(printed_form, case, index), outcome.allowed) if printed_form else ""
        yield f"As printed, ({rule.equation}) is wrong: {slip}{effect}"


def _is_like_the_essay(case: DerivedStep) -> bool:
    """Return whether layers and loss are the essay's, of any sizes, and the batch is one example, as in its forms."""
    network, settings = case.trace.network, case.trace.settings
    return (
        network.depth == ESSAY.depth
        and network == chain(network.sizes, ESSAY.activations)
        and settings.loss == "categorical_crossentropy"
        and settings.batch == 1
        and settings.training
    )


def _slip(rule: Rule) -> str:
    """Return what is wrong with the rule's equation as the essay prints it, or ""."""
    for claim in claims():
        if (claim.form, claim.tensor, claim.equation) == (PRINTED, rule.tensor, rule.equation):
            return claim.slip
    return ""


def _value(form: Form | None, case: DerivedStep, index: tuple[int, ...]) -> float | None:
    """Return what a form gives for this element, or None if it uses indices out of range or leaves an index open."""
    try:
        return None if form is None else float(form(_example(case), *index)) + 0.0  # no -0
    except (IndexError, TypeError):
        return None


def _effect(correct: float | None, printed: float | None, bound: float) -> str:
    """Say what the printed form would give for this element."""
    if correct is None or printed is None:
        return "; the printed form has no value for this element"
    if abs(printed - correct) <= SAME * abs(correct):
        return "; for this element both give the same"
    times = f", a difference of {abs(printed - correct) / bound:,.0f} times the bound" if bound else ""
    return f"; the printed form would give {printed:.9g}{times}"


def _example(case: DerivedStep) -> Example:
    """Return the example of the step.  A3 is computed from Z3 by (11), because TensorFlow's gradient uses Z3."""
    names = ("X", "y", *(f"{kind}{layer}" for layer in (1, 2, 3) for kind in "WBZA"))
    arrays = {name: case.array(name).astype(np.float64) for name in names}
    one = {name: array if read(name).quantity == "W" else array[0] for name, array in arrays.items()}
    first = Example(one)
    return Example({**one, "A3": np.array([index_forms.a3(first, i) for i in range(1, first.y.n + 1)])})
