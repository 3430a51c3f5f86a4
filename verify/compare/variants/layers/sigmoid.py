"""Variants of the sigmoid and of its slope."""

from __future__ import annotations

import numpy as np

from reference.layers.sigmoid import sigmoid, sigmoid_backward
from reference.layers.softmax import softmax
from reference.layers.tanh import tanh_slope
from reference.network import Network
from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, no_slope


def variants(rule: Rule, network: Network) -> VariantParts:
    """Yield the variants of one rule of the sigmoid, the simplest first."""
    inputs = rule.inputs
    if rule.phase == "forward":
        yield "activation left out", inputs, lambda Z: Z * 1.0
        yield "tanh in place of sigmoid", inputs, np.tanh
        hard_sigmoid = "sigmoid cut to straight lines"
        yield hard_sigmoid, inputs, lambda Z: np.minimum(np.maximum(Z * (1 / 6) + 0.5, 0.0), 1.0)
        yield "sign of z in the sigmoid", inputs, lambda Z: sigmoid(-Z)
        yield "softmax in place of sigmoid", inputs, softmax
        return
    yield from no_slope(rule)
    yield "slope a in place of a (1 - a)", inputs, lambda dA, A: dA * A
    yield "slope 1 - a in place of a (1 - a)", inputs, lambda dA, A: dA * (1 - A)
    yield "slope of tanh", inputs, lambda dA, A: dA * tanh_slope(A)
    yield "slope of the sigmoid taken of a", inputs, lambda dA, A: sigmoid_backward(dA, sigmoid(A))
