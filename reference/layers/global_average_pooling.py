"""Global average pooling: the mean of each channel."""

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from reference.layers.global_pooling import GlobalPooling
from reference.layers.layer import Shape
from reference.operations import take


def channel_means(X: Any, shape: Shape) -> Any:
    """P = the mean over all positions.  X [N, *inputs, C] -> [N, *shape].  Lin et al. 2014"""
    rows = X.reshape(len(X), -1, X.shape[-1])
    return (np.sum(rows, axis=1) * (1 / rows.shape[1])).reshape(len(X), *shape)


def channel_means_gradient(dP: Any, inputs: Shape) -> Any:
    """dX = dP over the number of positions, at each of them.  dP [N, *shape] -> [N, *inputs].  Lin et al. 2014"""
    places = np.broadcast_to(np.arange(inputs[-1]), inputs)
    return take(dP * (1 / prod(inputs[:-1])), places)


@dataclass(frozen=True)
class GlobalAveragePooling(GlobalPooling):
    """P(k) = the mean of each channel over all positions.  Lin et al. 2014"""

    kind = "global_average_pooling"
    averages = True
    pooled = staticmethod(channel_means)
    sent_back = staticmethod(channel_means_gradient)
