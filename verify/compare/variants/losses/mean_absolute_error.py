"""Variants of the mean absolute error and of its slope."""

from reference.losses.mean_squared_error import squared, squared_backward
from reference.rule import Rule
from verify.compare.variants.loss import elementwise
from verify.compare.variants.shared import VariantParts


def variants(rule: Rule) -> VariantParts:
    """Yield the variants of one rule of the mean absolute error, the simplest first."""
    yield from elementwise(
        rule,
        ("squares in place of absolute errors", squared, squared_backward),
        ("errors without their size", lambda A, y: A - y, lambda g, A, y: g * (1.0 + 0.0 * A)),
    )
