"""Variants of tanh and of its slope."""

import numpy as np

from reference.layers.sigmoid import sigmoid, sigmoid_backward
from reference.layers.tanh import tanh_slope
from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, no_slope, unchanged


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of tanh, the simplest first."""
    if rule.phase == "forward":
        yield "activation left out", unchanged
        yield "sigmoid in place of tanh", sigmoid
        yield "tanh cut to straight lines", lambda Z: np.minimum(np.maximum(Z, -1.0), 1.0)
        yield "tanh of half of z", lambda Z: np.tanh(Z * 0.5)
        yield "LeCun's 1.7159 tanh(2z/3)", lambda Z: np.tanh(Z * (2 / 3)) * 1.7159
        return
    yield from no_slope(rule)
    yield "slope 1 - a in place of 1 - a²", lambda dA, A: dA * (1 - A)
    yield "slope of sigmoid", sigmoid_backward
    yield "slope of tanh taken of a", lambda dA, A: dA * tanh_slope(np.tanh(A))
