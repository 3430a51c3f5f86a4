"""Variants of a rescaling."""

from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, options, unchanged


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of a rescaling, the simplest first."""
    scale, offset = (options(rule.compute)[name] for name in ("scale", "offset"))
    yield "rescaling left out", unchanged
    yield "offset of the rescaling left out", lambda X: X * scale
    yield "offset before the scale", lambda X: (X + offset) * scale
    yield "divided by the scale", lambda X: X * (1 / scale) + offset
