"""Average pooling: the mean of each window."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from reference.layers.layer import Place
from reference.layers.pooling import Pooling, counts
from reference.operations import take
from reference.sliding import Sliding, meeting, windows


def mean(X: Any, sliding: Sliding) -> Any:
    """P = the mean of each window's cells.  X [N, *inputs, C] -> [N, *outputs, C].  Keras: AveragePooling2D"""
    channels = X.shape[-1]
    total = np.sum(take(X, windows(sliding, channels)), axis=2) * (1 / counts(sliding))
    return total.reshape(len(X), *sliding.outputs, channels)


def mean_gradient(dP: Any, sliding: Sliding) -> Any:
    """dX = Σ dP / number of cells, over the windows that have the cell.  -> [N, *inputs, C].  Keras: AveragePooling

    dP [N, *outputs, C]
    """
    channels = dP.shape[-1]
    each = dP.reshape(len(dP), -1, channels) * (1 / counts(sliding))
    return np.sum(take(each, meeting(sliding, channels)), axis=2).reshape(len(dP), *sliding.inputs, channels)


@dataclass(frozen=True)
class AveragePooling(Pooling):
    """P(k) = the mean of the cells of each window, channel by channel.  Keras: AveragePooling2D"""

    kind = "average_pooling"
    averages = True

    def functions(self, place: Place) -> tuple[Callable[..., Any], Callable[..., Any], tuple[str, ...]]:
        """Return `mean`, `mean_gradient`, and what the latter reads."""
        sliding = self.sliding(place.inputs)
        return partial(mean, sliding=sliding), partial(mean_gradient, sliding=sliding), (place.gradient_in,)
