"""Variants of a layer without an activation."""

import numpy as np

from reference.layers.relu import relu
from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, no_slope, unchanged


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of a layer without an activation, the simplest first."""
    if rule.phase == "forward":
        yield "activation left out", unchanged
        yield "ReLU in place of no activation", relu
        yield "tanh in place of no activation", np.tanh
        return
    yield from no_slope(rule)
    yield "slope of ReLU", lambda dA, Z: dA * (Z > 0)
