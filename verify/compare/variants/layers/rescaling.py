"""Variants of a rescaling."""

from __future__ import annotations

from reference.network import Network
from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, word


def variants(rule: Rule, network: Network) -> VariantParts:
    """Yield the variants of one rule of a rescaling, the simplest first."""
    scale, offset = word(rule.compute, "scale"), word(rule.compute, "offset")
    yield "rescaling left out", rule.inputs, lambda X: X * 1.0
    yield "offset of the rescaling left out", rule.inputs, lambda X: X * scale
    yield "offset before the scale", rule.inputs, lambda X: (X + offset) * scale
    yield "divided by the scale", rule.inputs, lambda X: X * (1 / scale) + offset
