"""Variants of ReLU and of the mask of its gradient."""

from __future__ import annotations

import numpy as np

from reference.layers.sigmoid import sigmoid
from reference.network import Network
from reference.rule import Rule
from reference.tensor_names import previous
from verify.compare.variants.shared import VariantParts


def variants(rule: Rule, network: Network) -> VariantParts:
    """Yield the variants of one rule of ReLU, the simplest first."""
    inputs = rule.inputs
    if rule.phase == "forward":
        yield "activation left out", inputs, lambda Z: Z * 1.0
        yield "ReLU leaks (0.01)", inputs, lambda Z: np.maximum(Z, Z * 0.01)
        yield "ReLU cut off at 6", inputs, lambda Z: -np.maximum(-np.maximum(Z, 0), -6.0)
        yield "sigmoid in place of ReLU", inputs, sigmoid
        return
    dA, Z = inputs
    yield "mask missing", inputs, lambda dA, Z: dA * 1.0
    yield "(18b) as printed, mask Z ≥ 0", inputs, lambda dA, Z: dA * ~(-Z > 0)
    yield "mask inverted", inputs, lambda dA, Z: dA * ~(Z > 0)
    yield "mask of the wrong example", inputs, lambda dA, Z: dA * np.roll(Z > 0, 1, axis=0)
    yield "mask of the step before", (dA, previous(Z)), rule.compute
    yield "slope of leaky ReLU (0.01)", inputs, lambda dA, Z: dA * (Z > 0) + dA * ~(Z > 0) * 0.01
