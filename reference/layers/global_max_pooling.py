"""Global max pooling: the largest number of each channel."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from reference.layers.global_pooling import GlobalPooling
from reference.layers.layer import Shape
from reference.operations import shares_of_largest


def channel_largest(X: Any, shape: Shape) -> Any:
    """P = the largest number of all positions.  X [N, *inputs, C] -> [N, *shape].  Keras: GlobalMaxPooling2D"""
    return np.max(X.reshape(len(X), -1, X.shape[-1]), axis=1).reshape(len(X), *shape)


def channel_largest_gradient(dP: Any, X: Any, inputs: Shape) -> Any:
    """dX = dP at the largest number, shared equally by all equal ones.  Keras: GlobalMaxPooling2D

    So does the gradient of TensorFlow's reduce_max.  dP [N, *shape], X [N, *inputs] -> [N, *inputs]
    """
    shares = shares_of_largest(X.reshape(len(X), -1, X.shape[-1]))
    return (shares * dP.reshape(len(X), 1, X.shape[-1])).reshape(X.shape)


@dataclass(frozen=True)
class GlobalMaxPooling(GlobalPooling):
    """P(k) = the largest number of each channel over all positions.  Keras: GlobalMaxPooling2D"""

    kind = "global_max_pooling"
    back_reads_input = True
    pooled = staticmethod(channel_largest)
    sent_back = staticmethod(channel_largest_gradient)
