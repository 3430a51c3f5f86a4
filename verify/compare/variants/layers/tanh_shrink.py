"""Variants of tanh shrink and of its slope."""

import numpy as np

from reference.layers.soft_shrink import soft_shrink
from reference.layers.tanh import tanh_slope
from reference.layers.tanh_shrink import tanh_shrink, tanh_shrink_backward
from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, no_slope, unchanged


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of tanh shrink, the simplest first."""
    if rule.phase == "forward":
        yield "activation left out", unchanged
        yield "tanh in place of tanh shrink", np.tanh
        yield "soft shrink in place of tanh shrink", soft_shrink
        yield "z + tanh z", lambda Z: Z + np.tanh(Z)
        yield "sign of z in tanh shrink", lambda Z: tanh_shrink(-Z)
        yield "z tanh z", lambda Z: Z * np.tanh(Z)
        return
    yield from no_slope(rule)
    yield "slope of tanh", lambda dA, Z: dA * tanh_slope(np.tanh(Z))
    yield "slope of z + tanh z", lambda dA, Z: dA + dA * tanh_slope(np.tanh(Z))
    yield "tanh z without its square", lambda dA, Z: dA * np.tanh(Z)
    yield "slope taken of a", lambda dA, Z: tanh_shrink_backward(dA, tanh_shrink(Z))
