"""Variants of the hard sigmoid and of its slope."""

from functools import partial
from typing import Any

import numpy as np

from reference.layers.hard_sigmoid import between_the_kinks, hard_sigmoid
from reference.layers.sigmoid import sigmoid, sigmoid_slope
from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, no_slope, unchanged

SLOPES = {"1/2": 1 / 2, "1/4": 1 / 4, "1/5": 1 / 5}  # Courbariaux et al.; the sigmoid's at 0; Keras 2


def _line(Z: Any, slope: float) -> Any:
    """Return the hard sigmoid with another slope between its kinks."""
    return np.minimum(np.maximum(Z * slope + 0.5, 0.0), 1.0)


def _line_backward(dA: Any, Z: Any, slope: float) -> Any:
    """Return the way back through the hard sigmoid with another slope."""
    L = Z * slope + 0.5
    return dA * (L > 0) * (L < 1) * slope


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of the hard sigmoid, the simplest first."""
    if rule.phase == "forward":
        yield "activation left out", unchanged
        yield "sigmoid in place of hard sigmoid", sigmoid
        yield "sign of z in the hard sigmoid", lambda Z: hard_sigmoid(-Z)
        yield "hard sigmoid not cut at 1", lambda Z: np.maximum(Z + 3, 0) * (1 / 6)
        yield "hard sigmoid not cut", lambda Z: (Z + 3) * (1 / 6)
        yield "ReLU6 without its 6", lambda Z: np.minimum(np.maximum(Z + 3, 0), 6)
        for name, slope in SLOPES.items():
            yield f"hard sigmoid of slope {name}", partial(_line, slope=slope)
        return
    yield from no_slope(rule)
    yield "slope 1 in place of 1/6", lambda dA, Z: between_the_kinks(Z, dA)
    yield "slope of the hard sigmoid beyond its kinks too", lambda dA, Z: dA * (1 / 6)
    yield "slope of the sigmoid", lambda dA, Z: dA * sigmoid_slope(sigmoid(Z))
    for name, slope in SLOPES.items():
        yield f"slope {name} in place of 1/6", partial(_line_backward, slope=slope)
