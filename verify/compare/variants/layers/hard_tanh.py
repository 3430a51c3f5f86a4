"""Variants of hard tanh and of its slope."""

import numpy as np

from reference.layers.hard_tanh import hard_tanh
from reference.layers.relu import relu
from reference.layers.tanh import tanh_slope
from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, no_slope, unchanged


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of hard tanh, the simplest first."""
    if rule.phase == "forward":
        yield "activation left out", unchanged
        yield "ReLU in place of hard tanh", relu
        yield "tanh in place of hard tanh", np.tanh
        yield "sign of z in hard tanh", lambda Z: hard_tanh(-Z)
        yield "hard tanh cut to 0 and 1", lambda Z: np.minimum(np.maximum(Z, 0), 1)
        yield "hard tanh cut at 1 only", lambda Z: np.minimum(Z, 1)
        return
    yield from no_slope(rule)
    yield "slope of ReLU", lambda dA, Z: dA * (Z > 0)
    yield "slope of tanh", lambda dA, Z: dA * tanh_slope(np.tanh(Z))
    yield "slope of hard tanh, 0 below 0", lambda dA, Z: dA * (Z <= 1) * (Z >= 0)
    yield "slope of hard tanh, cut at 1 only", lambda dA, Z: dA * (Z <= 1)
