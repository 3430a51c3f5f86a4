"""Variants of the logarithm of the sigmoid and of its slope."""

import numpy as np

from reference.layers.log_sigmoid import log_sigmoid, log_sigmoid_slope
from reference.layers.sigmoid import sigmoid, sigmoid_backward
from reference.layers.softplus import softplus
from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, no_slope, unchanged


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of the logarithm of the sigmoid, the simplest first."""
    if rule.phase == "forward":
        yield "activation left out", unchanged
        yield "sigmoid without the logarithm", sigmoid
        yield "softplus in place of the logarithm of the sigmoid", softplus
        yield "sign of z in the logarithm of the sigmoid", lambda Z: log_sigmoid(-Z)
        yield "sign of a", lambda Z: softplus(-Z)
        yield "logarithm to base 2", lambda Z: log_sigmoid(Z) * (1 / np.log(2))
        return
    yield from no_slope(rule)
    yield "sign of z in the slope", lambda dA, Z: dA * sigmoid(Z)
    yield "sign of the slope", lambda dA, Z: -dA * log_sigmoid_slope(Z)
    yield "slope of the sigmoid", lambda dA, Z: sigmoid_backward(dA, sigmoid(Z))
    yield "slope taken of a", lambda dA, Z: dA * log_sigmoid_slope(log_sigmoid(Z))
