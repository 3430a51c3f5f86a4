"""Variants of the sigmoid and of its slope."""

import numpy as np

from reference.layers.sigmoid import sigmoid, sigmoid_backward
from reference.layers.softmax import softmax
from reference.layers.tanh import tanh_slope
from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, no_slope, unchanged


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of the sigmoid, the simplest first."""
    if rule.phase == "forward":
        yield "activation left out", unchanged
        yield "tanh in place of sigmoid", np.tanh
        yield "sigmoid cut to straight lines", lambda Z: np.minimum(np.maximum(Z * (1 / 6) + 0.5, 0.0), 1.0)
        yield "sign of z in the sigmoid", lambda Z: sigmoid(-Z)
        yield "softmax in place of sigmoid", softmax
        return
    yield from no_slope(rule)
    yield "slope a in place of a (1 - a)", lambda dA, A: dA * A
    yield "slope 1 - a in place of a (1 - a)", lambda dA, A: dA * (1 - A)
    yield "slope of tanh", lambda dA, A: dA * tanh_slope(A)
    yield "slope of the sigmoid taken of a", lambda dA, A: sigmoid_backward(dA, sigmoid(A))
