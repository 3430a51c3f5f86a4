"""Variants of ReLU6 and of the mask of its gradient."""

import numpy as np

from reference.layers.relu import relu
from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, no_slope, unchanged


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of ReLU6, the simplest first."""
    if rule.phase == "forward":
        yield "activation left out", unchanged
        yield "ReLU in place of ReLU6", relu
        yield "cut off at 1", lambda Z: np.minimum(np.maximum(Z, 0), 1)
        yield "ReLU6 divided by 6, as in the hard sigmoid", lambda Z: np.minimum(np.maximum(Z, 0), 6) / 6
        return
    yield from no_slope(rule)
    yield "slope of ReLU", lambda dA, A: dA * (A > 0)
    yield "slope 1 at 0 too", lambda dA, A: dA * (A >= 0) * (A < 6)
    yield "slope 1 at 6 too", lambda dA, A: dA * (A > 0) * (A <= 6)
