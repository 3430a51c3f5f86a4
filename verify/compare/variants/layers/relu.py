"""Variants of ReLU and of the mask of its gradient."""

import numpy as np

from reference.layers.sigmoid import sigmoid
from reference.rule import Rule
from reference.tensor_names import previous
from verify.compare.variants.shared import VariantParts, unchanged


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of ReLU, the simplest first."""
    if rule.phase == "forward":
        yield "activation left out", unchanged
        yield "ReLU leaks (0.01)", lambda Z: np.maximum(Z, Z * 0.01)
        yield "ReLU cut off at 6", lambda Z: -np.maximum(-np.maximum(Z, 0), -6.0)
        yield "sigmoid in place of ReLU", sigmoid
        return
    dA, Z = rule.inputs
    yield "mask missing", lambda dA, Z: dA * 1.0
    yield "(18b) as printed, mask Z ≥ 0", lambda dA, Z: dA * ~(-Z > 0)
    yield "mask inverted", lambda dA, Z: dA * ~(Z > 0)
    yield "mask of the wrong example", lambda dA, Z: dA * np.roll(Z > 0, 1, axis=0)
    yield "mask of the step before", rule.compute, (dA, previous(Z))
    yield "slope of leaky ReLU (0.01)", lambda dA, Z: dA * (Z > 0) + dA * ~(Z > 0) * 0.01
