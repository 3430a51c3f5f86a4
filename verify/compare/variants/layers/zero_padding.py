"""Variants of zero padding."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from reference.layers.layer import Shape
from reference.layers.margins import Margins
from reference.layers.zero_padding import padded_places
from reference.rule import Rule
from reference.selection import Places
from verify.compare.variants import selection
from verify.compare.variants.shared import VariantParts, options


def _padding(places: Places, inputs: Shape) -> Margins:
    """Return (before, after) for each axis but the channels."""
    first = np.unravel_index(int(np.argmax(places == 0)), places.shape)
    sizes = zip(places.shape, inputs, first, strict=True)
    return tuple((int(start), int(size - length - start)) for size, length, start in list(sizes)[:-1])


def _padded_by(places: Places, inputs: Shape, other: Callable[[Margins], Margins]) -> Places:
    return padded_places(inputs, other(_padding(places, inputs)))


def _continued(places: Places, inputs: Shape, mode: Any) -> Places:
    """Return the table with numbers of the example in place of the zeros, by a mode of np.pad."""
    return np.pad(selection.numbered(inputs), (*_padding(places, inputs), (0, 0)), mode=mode)


def _exchanged(margins: Margins) -> Margins:
    return tuple((after, before) for before, after in margins)


def _only_before(margins: Margins) -> Margins:
    return tuple((before + after, 0) for before, after in margins)


def _only_after(margins: Margins) -> Margins:
    return tuple((0, before + after) for before, after in margins)


CHANGES = {
    "padding on the other side": partial(_padded_by, other=_exchanged),
    "padding before the start only": partial(_padded_by, other=_only_before),
    "padding behind the end only": partial(_padded_by, other=_only_after),
    "paddings of the axes exchanged": partial(_padded_by, other=lambda margins: margins[::-1]),
    "mirrored in place of zeros": partial(_continued, mode="reflect"),
    "mirrored with the border in place of zeros": partial(_continued, mode="symmetric"),
    "the border repeated in place of zeros": partial(_continued, mode="edge"),
    "the other end in place of zeros": partial(_continued, mode="wrap"),
}


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of zero padding, the simplest first."""
    yield from selection.variants(rule, CHANGES)
    if rule.phase == "forward":
        padding = options(rule.compute)["places"] < 0
        if padding.any():
            yield "ones in place of zeros", lambda X: rule.compute(X) + padding * 1.0
