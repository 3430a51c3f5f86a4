"""Variants of Reshape."""

from reference.layers.layer import Shape
from reference.rule import Rule
from reference.selection import Places
from verify.compare.variants import selection
from verify.compare.variants.shared import VariantParts


def _axes_reversed(places: Places, inputs: Shape) -> Places:
    return selection.shown(selection.numbered(inputs).T, places)


CHANGES = {"axes reversed before": _axes_reversed}


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of Reshape, the simplest first."""
    yield from selection.variants(rule, CHANGES)
