"""Variants of cropping."""

from collections.abc import Callable
from functools import partial

import numpy as np

from reference.layers.cropping import cropped_places
from reference.layers.layer import Shape
from reference.layers.margins import Margins
from reference.rule import Rule
from reference.selection import Places
from verify.compare.variants import selection
from verify.compare.variants.shared import VariantParts


def _cropping(places: Places, inputs: Shape) -> Margins:
    """Return (before, after) for each axis but the channels."""
    first = np.unravel_index(int(places.flat[0]), inputs)
    sizes = zip(inputs, places.shape, first, strict=True)
    return tuple((int(start), int(size - length - start)) for size, length, start in list(sizes)[:-1])


def _cropped_by(places: Places, inputs: Shape, other: Callable[[Margins], Margins]) -> Places:
    return cropped_places(inputs, other(_cropping(places, inputs)))


def _exchanged(margins: Margins) -> Margins:
    return tuple((after, before) for before, after in margins)


def _only_before(margins: Margins) -> Margins:
    return tuple((before + after, 0) for before, after in margins)


def _only_after(margins: Margins) -> Margins:
    return tuple((0, before + after) for before, after in margins)


def _one_later(margins: Margins) -> Margins:
    """Return the margins of a window that begins one later where it can.  Along the other axes it stays."""
    return tuple((before + 1, after - 1) if after else (before, after) for before, after in margins)


CHANGES = {
    "cropped from the other end": partial(_cropped_by, other=_exchanged),
    "cropped at the start only": partial(_cropped_by, other=_only_before),
    "cropped at the end only": partial(_cropped_by, other=_only_after),
    "croppings of the axes exchanged": partial(_cropped_by, other=lambda margins: margins[::-1]),
    "cropped one later": partial(_cropped_by, other=_one_later),
}


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of cropping, the simplest first."""
    yield from selection.variants(rule, CHANGES)
