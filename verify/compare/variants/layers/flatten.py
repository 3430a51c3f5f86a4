"""Variants of Flatten."""

import numpy as np

from reference.layers.layer import Shape
from reference.rule import Rule
from reference.selection import Places
from verify.compare.variants import selection
from verify.compare.variants.shared import VariantParts


def _channels_moved(places: Places, inputs: Shape) -> Places:
    return selection.shown(np.moveaxis(selection.numbered(inputs), 0, -1), places)


def _channels_first(places: Places, inputs: Shape) -> Places:
    return selection.shown(np.moveaxis(selection.numbered(inputs), -1, 0), places)


def _in_order(places: Places, inputs: Shape) -> Places:
    return np.arange(places.size)


NOT_PERMUTED = "axes not permuted"
CHANGES = {
    NOT_PERMUTED: _in_order,
    "first axis moved behind the others": _channels_moved,
    "channels before rows and columns": _channels_first,
}


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of Flatten, the simplest first."""
    yield from selection.variants(rule, CHANGES)
