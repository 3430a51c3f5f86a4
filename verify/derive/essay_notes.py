"""What the essay says of the same number: its own form of the equation, and what is wrong with it as printed."""

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
from verify.derive.case import Case
from verify.essay.claims import PRINTED, claims

SAME = 1e-12  # relative; both forms are evaluated in float64


def notes(case: Case, rule: Rule, at: tuple[int, ...], outcome: Outcome) -> tuple[str, ...]:
    """Sentences about the essay's form, with the numbers it gives; none for a network that is not like the essay's."""
    return tuple(_notes(case, rule, at, outcome)) if _like_the_essays(case) else ()


def _like_the_essays(case: Case) -> bool:
    """Its layers and loss, of any sizes; one example, since its forms are of one."""
    network, settings = case.trace.network, case.trace.settings
    same = network == chain(network.sizes, ESSAY.activations) if network.depth == ESSAY.depth else False
    return same and settings.loss == "categorical_crossentropy" and settings.batch == 1 and settings.training


def _notes(case: Case, rule: Rule, at: tuple[int, ...], outcome: Outcome) -> Iterator[str]:
    index = tuple(i + 1 for i in (at if _is_slope_of_weights(rule) else at[1:]))
    right, printed = form_of(rule.tensor), form_of(rule.tensor, "_as_printed")
    given = _read(right, case, index) if rule.phase == "backward" else None
    told = ((right.__doc__ if right else "") or "").partition(".  ")[0]
    if given is not None and "=" in told:
        yield f"In the essay's form, {told}: {given:.9g} from TensorFlow's x, z, w and y"
    slip = next((c.slip for c in _claims() if c.form == PRINTED and c.tensor == rule.tensor
                 and c.equation == rule.equation), "")  # fmt: skip
    if slip:
        gives = _apart(given, _read(printed, case, index), outcome.allowed) if printed is not None else ""
        yield f"As printed ({rule.equation}) is not right: {slip}{gives}"


def _is_slope_of_weights(rule: Rule) -> bool:
    return has_role(rule.tensor, "d") and is_of(rule.tensor, "W")


def form_of(tensor: str, ending: str = "") -> Callable[..., Any] | None:
    """The function of `reference.index_forms` that states one element of a gradient: dW3 is dc_dw3."""
    found: Callable[..., Any] | None = getattr(index_forms, f"dc_{tensor.lower()}{ending}", None)
    return found


def _read(form: Callable[..., Any] | None, case: Case, index: tuple[int, ...]) -> float | None:
    """What a form gives for this element; None if it names entries that do not exist, or leaves an index open."""
    try:
        return None if form is None else float(form(_example(case), *index)) + 0.0  # no -0
    except (IndexError, TypeError):
        return None


def _apart(right: float | None, printed: float | None, allowed: float) -> str:
    """What the printed form would give."""
    if right is None or printed is None:
        return "; for this element it cannot be read"
    if abs(printed - right) <= SAME * abs(right):
        return "; for this element both give the same"
    times = f", {abs(printed - right) / allowed:,.0f} times what rounding allows away" if allowed else ""
    return f"; it would give {printed:.9g}{times}"


def _example(case: Case) -> Example:
    """The step's example; A3 is (11) of Z3, as TensorFlow's own gradient has it."""
    names = ("X", "y", *(f"{kind}{layer}" for layer in (1, 2, 3) for kind in "WBZA"))
    arrays = {name: case.array(name).astype(np.float64) for name in names}
    one = {name: array if read(name).quantity == "W" else array[0] for name, array in arrays.items()}
    first = Example(one)
    return Example({**one, "A3": np.array([index_forms.a3(first, i) for i in range(1, first.y.n + 1)])})


def _claims() -> Any:
    return claims(ESSAY, KERAS.epsilon, ALGORITHM_1.epsilon)
