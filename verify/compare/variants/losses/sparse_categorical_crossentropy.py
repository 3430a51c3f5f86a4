"""Variants of the cross-entropy of integer labels, and of its slope."""

from reference.rule import Rule
from verify.compare.variants.loss import of_any, of_crossentropy, of_reduction
from verify.compare.variants.shared import VariantParts


def variants(rule: Rule) -> VariantParts:
    """Yield the variants of one rule of the cross-entropy of integer labels, the simplest first."""
    yield from of_any(rule)
    yield from of_reduction(rule)
    yield from of_crossentropy(rule)
