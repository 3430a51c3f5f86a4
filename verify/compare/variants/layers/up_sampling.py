"""Variants of up-sampling with nearest neighbours."""

from math import prod

import numpy as np

from reference.layers.layer import Shape
from reference.layers.up_sampling import repeated_places
from reference.rule import Rule
from reference.selection import Places
from verify.compare.variants import selection
from verify.compare.variants.shared import VariantParts


def _size(places: Places, inputs: Shape) -> tuple[int, ...]:
    """Return how often each position is repeated along each axis but the channels."""
    return tuple(after // before for after, before in zip(places.shape[:-1], inputs[:-1], strict=True))


def _sizes_exchanged(places: Places, inputs: Shape) -> Places:
    return repeated_places(inputs, _size(places, inputs)[::-1]).reshape(places.shape)


def _along_channels(places: Places, inputs: Shape) -> Places:
    return np.repeat(selection.numbered(inputs), prod(_size(places, inputs)), axis=-1).reshape(places.shape)


def _tiled(places: Places, inputs: Shape) -> Places:
    return np.tile(selection.numbered(inputs), (*_size(places, inputs), 1))


def _with_gaps(places: Places, inputs: Shape) -> Places:
    """Return the table with 0 in place of all copies but the first along each axis."""
    other = np.full_like(places, -1)
    other[tuple(slice(None, None, times) for times in _size(places, inputs))] = selection.numbered(inputs)
    return other


def _one_position_on(places: Places, inputs: Shape) -> Places:
    return np.roll(places, 1, axis=0)


CHANGES = {
    "sizes of the axes exchanged": _sizes_exchanged,
    "repeated along the channels": _along_channels,
    "the whole repeated in place of each position": _tiled,
    "zeros in place of the copies": _with_gaps,
    "copies begin one position later": _one_position_on,
}


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of up-sampling, the simplest first."""
    yield from selection.variants(rule, CHANGES)
