"""Variants of the mean squared error and of its slope."""

from typing import Any

from reference.rule import Rule
from verify.compare.variants.loss import instead, of_any, of_reduction, times
from verify.compare.variants.shared import VariantParts, options


def variants(rule: Rule) -> VariantParts:
    """Yield the variants of one rule of the mean squared error, the simplest first."""
    yield from of_any(rule)
    yield from of_reduction(rule)
    if options(rule.compute):
        yield "half the squares", lambda *T: rule.compute(*T) * 0.5
        yield "sum over the outputs", lambda *T: rule.compute(*T) * float(T[0].shape[-1])
        if rule.phase == "backward":
            yield "absolute error in place of squares", instead(rule, times(_absolute_slope))


def _absolute_slope(A: Any, y: Any) -> Any:
    """Return the slope of the mean absolute error."""
    D = A - y
    return (1.0 * (D > 0) - 1.0 * (D < 0)) * (1 / A.shape[-1])
