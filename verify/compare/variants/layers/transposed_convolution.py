"""Variants of a transposed convolution, and of the gradients computed from it."""

from reference.rule import Rule
from verify.compare.variants import sliding
from verify.compare.variants.shared import VariantParts


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of a transposed convolution, the simplest first."""
    yield from sliding.variants(rule, ("filter", "channel"))
