"""Max pooling: the largest number of each window."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import prod
from typing import Any

import numpy as np

from reference.layers.layer import Place
from reference.layers.pooling import Pooling, cells
from reference.operations import choose, first_largest, take
from reference.sliding import Sliding


def largest(X: Any, sliding: Sliding) -> Any:
    """P = the largest cell of each window.  X [N, *inputs, C] -> [N, *outputs, C].  Goodfellow et al. 2016, 9.3"""
    channels = X.shape[-1]
    chosen = np.max(take(X, cells(sliding, channels)[0]), axis=2)
    return chosen.reshape(len(X), *sliding.outputs, channels)


def largest_gradient(dP: Any, X: Any, sliding: Sliding, column_last: bool = False) -> Any:
    """dX = Σ dP over the windows of which a cell is the largest.  Goodfellow et al. 2016, 9.3

    Of several equal cells it is the first, row by row, as in TensorFlow's kernel. XLA reads the last column of a window
    after all others where the padding stands behind the last column only (`column_last`; found by experiment).
    dP [N, *outputs, C], X [N, *inputs, C] -> [N, *inputs, C]
    """
    places, shown = cells(sliding, X.shape[-1], column_last)
    sent = choose(first_largest(take(X, places)), dP.reshape(len(dP), len(places), 1, X.shape[-1]), 0.0)
    return np.sum(take(sent, shown), axis=-1)


def padded_behind_only(sliding: Sliding) -> bool:
    """Return whether zeros stand behind the last column and none before the first.  Goodfellow et al. 2016, 9.3"""
    reach = (sliding.outputs[-1] - 1) * sliding.strides[-1] + sliding.kernel[-1]
    return len(sliding.kernel) > 1 and not sliding.before[-1] and reach > sliding.inputs[-1]


@dataclass(frozen=True)
class MaxPooling(Pooling):
    """P(k) = the largest cell of each window, channel by channel.  Goodfellow et al. 2016, section 9.3"""

    kind = "max_pooling"

    def shown(self, sliding: Sliding) -> int:
        """Return how many times as often as it has cells a window may show a number.

        The first cell of a window stands for each cell of the padding, and may be that of all windows at a corner.
        """
        axes = zip(sliding.outputs, sliding.before, sliding.strides, strict=True)
        return 1 + prod(min(o, before // s + 1) for o, before, s in axes) * (self.padding == "same")

    def functions(self, place: Place) -> tuple[Callable[..., Any], Callable[..., Any], tuple[str, ...]]:
        """Return `largest`, `largest_gradient`, and what the latter reads."""
        sliding = self.sliding(place.inputs)
        return (
            partial(largest, sliding=sliding),
            partial(largest_gradient, sliding=sliding),
            (place.gradient_in, place.reads),
        )

    def otherwise(self, place: Place) -> tuple[Callable[..., Any], ...]:
        """Return XLA's way back, where it chooses another of several equal cells."""
        sliding = self.sliding(place.inputs)
        other = partial(largest_gradient, sliding=sliding, column_last=True)
        return (other,) if padded_behind_only(sliding) else ()
