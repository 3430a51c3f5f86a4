"""Variants of mish and of its slope."""

import numpy as np

from reference.layers.mish import mish, mish_slope
from reference.layers.relu import relu
from reference.layers.sigmoid import sigmoid
from reference.layers.softplus import softplus
from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, no_slope, unchanged


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of mish, the simplest first."""
    if rule.phase == "forward":
        yield "activation left out", unchanged
        yield "ReLU in place of mish", relu
        yield "SiLU in place of mish", lambda Z: Z * sigmoid(Z)
        yield "softplus without tanh", lambda Z: Z * softplus(Z)
        yield "tanh without softplus", lambda Z: Z * np.tanh(Z)
        return
    yield from no_slope(rule)
    yield "slope of ReLU", lambda dA, Z: dA * (Z > 0)
    yield "first term of the slope only", lambda dA, Z: dA * np.tanh(softplus(Z))
    yield "slope taken of a", lambda dA, Z: dA * mish_slope(mish(Z))
    yield "slope of tanh left out", lambda dA, Z: dA * (np.tanh(softplus(Z)) + Z * sigmoid(Z))
