"""Gradient clipping: by value, by the norm of each gradient, or by the norm of all gradients."""

from collections.abc import Callable
from typing import Any

import numpy as np

from reference.operations import added_rows, norm

Clip = Callable[[Any], Any]


def by_value(g: Any, most: float) -> Any:
    """Each number kept within ± most.  g -> its shape.  Keras: clipvalue"""
    return np.minimum(np.maximum(g, -most), most)


def by_norm(g: Any, most: float) -> Any:
    """g · c / max(‖g‖, c): no longer than c.  g -> its shape.  Pascanu et al. 2013; Keras: clipnorm"""
    return (g * most) / np.maximum(norm(g), most)


def by_global_norm(g: Any, *gradients: Any, most: float) -> Any:
    """g · c · 1/max(‖all‖, c), the norm of all gradients as one vector.  g -> its shape.  Keras: global_clipnorm"""
    return g * (most * (1.0 / np.maximum(norm(*gradients), most)))


def kept(g: Any) -> Any:
    """g as it is: a gradient that is not clipped.  g -> its shape.  Keras"""
    return g


def rows_clipped(X: Any, dZ: Any, rows: int, clip: Clip) -> Any:
    """Σ of the clipped rows over the places of each row of a table: rows are clipped before they are added up.  Keras

    X [N, ...] (numbers of rows), dZ [N, ..., n] -> [V, n], V = `rows`
    """
    return added_rows(0, clip(dZ), X, np.arange(rows))
