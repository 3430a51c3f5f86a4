"""Variants of the binary focal cross-entropy and of its slope."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from reference.losses import binary_crossentropy as plain
from reference.losses import binary_focal_crossentropy as own
from reference.losses.loss import EPSILON
from reference.operations import product, rounded_as
from reference.rule import Rule
from verify.compare.variants.loss import LOGITS, Function, elementwise, of_output
from verify.compare.variants.shared import VariantParts, options

Other = tuple[str, Function | None, Function | None]


def variants(rule: Rule) -> VariantParts:
    """Yield the variants of one rule of the binary focal cross-entropy, the simplest first."""
    chosen = options(of_output(rule))
    yield from elementwise(rule, *_others(of_output(rule), chosen), *_of_start(chosen))


def _others(function: Function, chosen: dict[str, Any]) -> Iterator[Other]:
    """Yield the variants that have other options, as cost and as way back alike."""
    gamma, alpha = chosen["gamma"], chosen.get("alpha")
    changed: dict[str, dict[str, Any]] = {"γ left out": {"gamma": 0.0}, "γ + 1": {"gamma": gamma + 1}}
    if alpha is None:
        changed["α used"] = {"alpha": 0.25}
    else:
        changed |= {"α left out": {"alpha": None}, "α exchanged with 1 - α": {"alpha": 1 - alpha}}
    if chosen.get("smoothing"):
        changed["label smoothing left out"] = {"smoothing": 0.0}
    for name, options_of_it in changed.items():
        other = partial(function, **options_of_it)
        yield name, other, other


def _of_start(chosen: dict[str, Any]) -> Iterator[Other]:
    """Yield the variants that begin with another quantity, and those without the slope of the weight."""
    if "epsilon" in chosen:
        kept = {name: value for name, value in chosen.items() if name != "epsilon"}
        yield LOGITS, partial(own.of_logits, **kept), partial(own.of_logits_backward, **kept)
        yield "the weight taken for a constant", None, partial(_weight_constant, plain.of_probabilities_backward)
    elif "f" not in chosen:
        yield (
            "logits taken for probabilities",
            partial(own.of_probabilities, epsilon=EPSILON, **chosen),
            partial(own.of_probabilities_backward, epsilon=EPSILON, **chosen),
        )


def _weight_constant(back: Function, g: Any, A: Any, y: Any) -> Any:
    """Return the slope of the cross-entropy, times the weight for γ = 2."""
    weight = product(g, own.miss(A, y) ** rounded_as(2.0, A))
    return back(weight, A, y)
