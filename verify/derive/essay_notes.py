"""Compare a number with the essay's own form of its equation, and say what is wrong with the equation as printed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from reference import index_forms
from reference.index_forms import Example
from reference.network import ESSAY, chain
from reference.optimizers.adam import ALGORITHM_1, KERAS
from reference.rules import Rule
from reference.tensor_names import has_role, is_of, read
from reports.explanation import Outcome
from verify.derive.case import DerivedStep
from verify.essay.claims import PRINTED, Claim, claims

SAME = 1e-12  # relative difference; both forms are evaluated in float64


def notes(case: DerivedStep, rule: Rule, at: tuple[int, ...], outcome: Outcome) -> tuple[str, ...]:
    """Return sentences about the essay's form of the rule, with the numbers that it gives.  `at` counts from 0.

    There are none if the network is not like the essay's.
    """
    return tuple(_notes(case, rule, at, outcome)) if _is_like_the_essay(case) else ()


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


def _notes(case: DerivedStep, rule: Rule, position: tuple[int, ...], outcome: Outcome) -> Iterator[str]:
    index = tuple(i + 1 for i in (position if _is_weight_gradient(rule) else position[1:]))
    form, printed_form = form_of(rule.tensor), form_of(rule.tensor, "_as_printed")
    value = _value(form, case, index) if rule.phase == "backward" else None
    statement = ((form.__doc__ if form else "") or "").partition(".  ")[0]
    if value is not None and "=" in statement:
        yield f"In the essay's form, {statement}: {value:.9g} from TensorFlow's x, z, w and y"
    slip = _slip(rule)
    if slip:
        effect = _effect(value, _value(printed_form, case, index), outcome.allowed) if printed_form is not None else ""
        yield f"As printed ({rule.equation}) is not right: {slip}{effect}"


def _is_weight_gradient(rule: Rule) -> bool:
    return has_role(rule.tensor, "d") and is_of(rule.tensor, "W")


def form_of(tensor: str, ending: str = "") -> Callable[..., Any] | None:
    """Return the function of `reference.index_forms` that states one element of a gradient, or None.

    For dW3 it is dc_dw3.
    """
    form: Callable[..., Any] | None = getattr(index_forms, f"dc_{tensor.lower()}{ending}", None)
    return form


def _slip(rule: Rule) -> str:
    """Return what is wrong with the rule's equation as the essay prints it, or ""."""
    for claim in _claims():
        if (claim.form, claim.tensor, claim.equation) == (PRINTED, rule.tensor, rule.equation):
            return claim.slip
    return ""


def _value(form: Callable[..., Any] | None, case: DerivedStep, index: tuple[int, ...]) -> float | None:
    """Return what a form gives for this element, or None if it uses indices out of range or leaves an index open."""
    try:
        return None if form is None else float(form(_example(case), *index)) + 0.0  # no -0
    except (IndexError, TypeError):
        return None


def _effect(right: float | None, printed: float | None, bound: float) -> str:
    """Say what the printed form would give for this element."""
    if right is None or printed is None:
        return "; for this element it cannot be read"
    if abs(printed - right) <= SAME * abs(right):
        return "; for this element both give the same"
    times = f", {abs(printed - right) / bound:,.0f} times what rounding allows away" if bound else ""
    return f"; it would give {printed:.9g}{times}"


def _example(case: DerivedStep) -> Example:
    """Return the example of the step.  A3 is computed from Z3 by (11), because TensorFlow's gradient uses Z3."""
    names = ("X", "y", *(f"{kind}{layer}" for layer in (1, 2, 3) for kind in "WBZA"))
    arrays = {name: case.array(name).astype(np.float64) for name in names}
    one = {name: array if read(name).quantity == "W" else array[0] for name, array in arrays.items()}
    first = Example(one)
    return Example({**one, "A3": np.array([index_forms.a3(first, i) for i in range(1, first.y.n + 1)])})


def _claims() -> Iterator[Claim]:
    return claims(ESSAY, KERAS.epsilon, ALGORITHM_1.epsilon)
