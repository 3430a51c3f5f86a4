"""Variants of the softplus and of its slope."""

import numpy as np

from reference.layers.relu import relu
from reference.layers.sigmoid import sigmoid, sigmoid_backward
from reference.layers.softplus import softplus
from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, no_slope, unchanged


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of the softplus, the simplest first."""
    if rule.phase == "forward":
        yield "activation left out", unchanged
        yield "ReLU in place of softplus", relu
        yield "sign of z in the softplus", lambda Z: softplus(-Z)
        yield "logarithm to base 2", lambda Z: softplus(Z) * (1 / np.log(2))
        yield "softplus less ln 2", lambda Z: softplus(Z) - np.log(2)
        return
    yield from no_slope(rule)
    yield "slope of ReLU", lambda dA, Z: dA * (Z > 0)
    yield "slope of the sigmoid in place of the sigmoid", lambda dA, Z: sigmoid_backward(dA, sigmoid(Z))
    yield "slope taken of a", lambda dA, Z: dA * sigmoid(softplus(Z))
    yield "sign of z in the slope", lambda dA, Z: dA * sigmoid(-Z)
