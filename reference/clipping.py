"""Gradient clipping: by value, by the norm of each gradient, or by the norm of all gradients."""

from typing import Any

import numpy as np

from reference.operations import norm


def by_value(g: Any, most: float) -> Any:
    """Each number kept within ± most.  g -> its shape.  Keras: clipvalue"""
    return np.minimum(np.maximum(g, -most), most)


def by_norm(g: Any, most: float) -> Any:
    """g · c / max(‖g‖, c): no longer than c.  g -> its shape.  Pascanu et al. 2013; Keras: clipnorm"""
    return (g * most) / np.maximum(norm(g), most)


def by_global_norm(g: Any, *gradients: Any, most: float) -> Any:
    """g · c · 1/max(‖all‖, c), the norm of all gradients as one vector.  g -> its shape.  Keras: global_clipnorm"""
    return g * (most * (1.0 / np.maximum(norm(*gradients), most)))
