"""Variants of Permute."""

from itertools import permutations

import numpy as np

from reference.layers.layer import Shape
from reference.layers.permute import permuted_places
from reference.rule import Rule
from reference.selection import Places
from verify.compare.variants import selection
from verify.compare.variants.shared import VariantParts

MOST_AXES = 5  # of an example, for which the order is searched among all


def _not_permuted(places: Places, inputs: Shape) -> Places:
    return selection.numbered(inputs).reshape(places.shape)


def _inverse(places: Places, inputs: Shape) -> Places:
    """Return the table of the inverse order, read as the same shape."""
    inverse = [int(k) + 1 for k in np.argsort(_dims(places, inputs))]
    return permuted_places(inputs, tuple(inverse)).reshape(places.shape)


def _last_two(places: Places, inputs: Shape) -> Places:
    return places.swapaxes(-1, -2).reshape(places.shape)


def _axes_reversed(places: Places, inputs: Shape) -> Places:
    return selection.numbered(inputs).T.reshape(places.shape)


def _dims(places: Places, inputs: Shape) -> tuple[int, ...]:
    """Return the order of the axes that gives this table.  Raises ValueError if none is found."""
    rank = len(inputs)
    for dims in permutations(range(1, rank + 1)) if rank <= MOST_AXES else ():
        if np.array_equal(permuted_places(inputs, dims), places):
            return dims
    raise ValueError("the order of the axes is not known")


CHANGES = {
    "reshaped in place of permuted": _not_permuted,
    "the inverse order of the axes": _inverse,
    "last two axes exchanged": _last_two,
    "axes in the opposite order": _axes_reversed,
}


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of Permute, the simplest first."""
    yield from selection.variants(rule, CHANGES)
