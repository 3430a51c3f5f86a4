"""Variants of tanh and of its slope."""

from __future__ import annotations

import numpy as np

from reference.layers.sigmoid import sigmoid, sigmoid_backward
from reference.layers.tanh import tanh_slope
from reference.network import Network
from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, no_slope


def variants(rule: Rule, network: Network) -> VariantParts:
    """Yield the variants of one rule of tanh, the simplest first."""
    inputs = rule.inputs
    if rule.phase == "forward":
        yield "activation left out", inputs, lambda Z: Z * 1.0
        yield "sigmoid in place of tanh", inputs, sigmoid
        yield "tanh cut to straight lines", inputs, lambda Z: np.minimum(np.maximum(Z, -1.0), 1.0)
        yield "tanh of half of z", inputs, lambda Z: np.tanh(Z * 0.5)
        yield "LeCun's 1.7159 tanh(2z/3)", inputs, lambda Z: np.tanh(Z * (2 / 3)) * 1.7159
        return
    yield from no_slope(rule)
    yield "slope 1 - a in place of 1 - a²", inputs, lambda dA, A: dA * (1 - A)
    yield "slope of sigmoid", inputs, sigmoid_backward
    yield "slope of tanh taken of a", inputs, lambda dA, A: dA * tanh_slope(np.tanh(A))
