"""Variants of the categorical focal cross-entropy and of its slope."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from reference.losses import categorical_focal_crossentropy as own
from reference.losses.loss import cut_off, shares, shares_backward, smoothed
from reference.operations import product, rounded_as
from reference.rule import Rule
from verify.compare.variants.loss import LOGITS, Function, example, of_each, of_example
from verify.compare.variants.shared import VariantParts, options

Other = tuple[str, Function | None, Function | None]


def variants(rule: Rule) -> VariantParts:
    """Yield the variants of one rule of the categorical focal cross-entropy, the simplest first."""
    yield from of_example(rule, *_others(of_each(rule), example(rule)))


def _others(function: Function, start: Function) -> Iterator[Other]:
    """Yield the variants that have other options, and those that begin with another quantity."""
    chosen = options(function)
    changed = {"γ left out": {"gamma": 0.0}, "γ + 1": {"gamma": chosen["gamma"] + 1}}
    changed |= {"α left out": {"alpha": 1.0}, "1 - α in place of α": {"alpha": 1 - chosen["alpha"]}}
    if chosen.get("smoothing"):
        changed["label smoothing left out"] = {"smoothing": 0.0}
    for name, options_of_it in changed.items():
        other = partial(function, **options_of_it)
        yield name, other, other
    if start in (own.focal, own.focal_backward):
        yield LOGITS, partial(own.of_logits, **chosen), partial(own.of_logits_backward, **chosen)
        yield "the weight taken for a constant", None, partial(_weight_constant, **chosen)
    else:
        yield "logits taken for probabilities", partial(own.focal, **chosen), partial(own.focal_backward, **chosen)


def _weight_constant(g: Any, A: Any, y: Any, alpha: float, gamma: float, epsilon: float, smoothing: float = 0.0) -> Any:
    """Return the slope of the logarithm alone."""
    Q = cut_off(shares(A), epsilon)
    weight = product(g, rounded_as(alpha, A), (1 - Q) ** rounded_as(gamma, A))
    return shares_backward(-product(weight, smoothed(y, smoothing), np.reciprocal(Q)), A)
