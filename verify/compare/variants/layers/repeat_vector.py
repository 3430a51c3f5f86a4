"""Variants of RepeatVector."""

import numpy as np

from reference.layers.layer import Shape
from reference.rule import Rule
from reference.selection import Places
from verify.compare.variants import selection
from verify.compare.variants.shared import VariantParts


def _each_number(places: Places, inputs: Shape) -> Places:
    return np.repeat(np.arange(inputs[0]), len(places)).reshape(places.shape)


def _once(places: Places, inputs: Shape) -> Places:
    return np.where(np.arange(len(places))[:, None] == 0, places, -1)


def _turned(places: Places, inputs: Shape) -> Places:
    """Return the table in which each copy begins one number later than the copy before."""
    return (places + np.arange(len(places))[:, None]) % inputs[0]


CHANGES = {
    "each number repeated in place of the row": _each_number,
    "zeros in place of the copies": _once,
    "each copy moved by one": _turned,
}


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of RepeatVector, the simplest first."""
    yield from selection.variants(rule, CHANGES)
