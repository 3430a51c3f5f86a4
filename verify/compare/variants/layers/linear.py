"""Variants of a layer without an activation."""

from __future__ import annotations

import numpy as np

from reference.layers.relu import relu
from reference.network import Network
from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, no_slope


def variants(rule: Rule, network: Network) -> VariantParts:
    """Yield the variants of one rule of a layer without an activation, the simplest first."""
    if rule.phase == "forward":
        yield "activation left out", rule.inputs, lambda Z: Z * 1.0
        yield "ReLU in place of no activation", rule.inputs, relu
        yield "tanh in place of no activation", rule.inputs, np.tanh
        return
    yield from no_slope(rule)
    yield "slope of ReLU", rule.inputs, lambda dA, Z: dA * (Z > 0)
