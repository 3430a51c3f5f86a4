"""Variants of SiLU and of its slope."""

import numpy as np

from reference.layers.hard_silu import hard_silu, hard_silu_slope
from reference.layers.relu import relu
from reference.layers.sigmoid import sigmoid, sigmoid_slope
from reference.layers.silu import silu
from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, no_slope, unchanged

GELU = 1.702  # z σ(1.702 z) is an approximation of GELU


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of SiLU, the simplest first."""
    if rule.phase == "forward":
        yield "activation left out", unchanged
        yield "ReLU in place of SiLU", relu
        yield "sigmoid in place of SiLU", sigmoid
        yield "hard SiLU in place of SiLU", hard_silu
        yield "sign of z in SiLU", lambda Z: silu(-Z)
        yield "tanh in place of the sigmoid in SiLU", lambda Z: Z * np.tanh(Z)
        yield "sigmoid of 1.702 z, as in an approximation of GELU", lambda Z: Z * sigmoid(Z * GELU)
        return
    yield from no_slope(rule)
    yield "slope of ReLU", lambda dA, Z: dA * (Z > 0)
    yield "slope of the sigmoid", lambda dA, Z: dA * sigmoid_slope(sigmoid(Z))
    yield "slope of hard SiLU", lambda dA, Z: dA * hard_silu_slope(Z)
    yield "slope of SiLU without its second term", lambda dA, Z: dA * sigmoid(Z)
    yield "slope of SiLU without its first term", lambda dA, Z: dA * (Z * sigmoid_slope(sigmoid(Z)))
