"""Variants of the mean squared error and of its slope."""

from reference.losses.mean_absolute_error import absolute, absolute_backward
from reference.rule import Rule
from verify.compare.variants.loss import elementwise, of_any, of_reduction
from verify.compare.variants.shared import VariantParts, options


def variants(rule: Rule) -> VariantParts:
    """Yield the variants of one rule of the mean squared error, the simplest first."""
    if options(rule.compute):
        yield from elementwise(rule, ("absolute error in place of squares", absolute, absolute_backward))
    else:
        yield from of_any(rule)
        yield from of_reduction(rule)
