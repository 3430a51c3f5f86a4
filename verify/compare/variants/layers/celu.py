"""Variants of CELU and of its slope."""

import numpy as np

from reference.layers.celu import celu, celu_backward
from reference.layers.relu import relu
from reference.operations import choose
from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, no_slope, unchanged

ALPHAS = (0.5, 2.0)


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of CELU, the simplest first."""
    if rule.phase == "forward":
        yield "activation left out", unchanged
        yield "ReLU in place of CELU", relu
        yield "e^z without its 1", lambda Z: choose(Z > 0, Z, np.exp(np.minimum(Z, 0)))
        for alpha in ALPHAS:
            yield f"α = {alpha}", lambda Z, alpha=alpha: celu(Z / alpha) * alpha
        return
    yield from no_slope(rule)
    yield "at 0 twice the slope (TensorFlow)", lambda dA, Z: celu_backward(dA, Z) + choose(Z > 0, 0.0, dA * (Z >= 0))
    yield "slope of ReLU", lambda dA, Z: dA * (Z > 0)
    for alpha in ALPHAS:
        yield f"slope with α = {alpha}", lambda dA, Z, alpha=alpha: celu_backward(dA, Z / alpha)
