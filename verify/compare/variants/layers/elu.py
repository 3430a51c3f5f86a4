"""Variants of ELU and of its slope."""

from functools import partial

import numpy as np

from reference.layers.elu import elu
from reference.layers.relu import relu
from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, no_slope, options, unchanged

ALPHAS = (0.1, 0.5, 1.0, 1.6733)  # values in common use; the last is SELU's


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of ELU, the simplest first."""
    if rule.phase == "forward":
        alpha = options(options(rule.compute)["f"])["alpha"]
        yield "activation left out", unchanged
        yield "ReLU in place of ELU", relu
        yield "e^z without its 1", lambda Z: Z * (Z > 0) + np.exp(np.minimum(Z, 0)) * alpha * (Z <= 0)
        for other in ALPHAS:
            if other != alpha:
                yield f"α = {other}", partial(elu, alpha=other)
        return
    yield from no_slope(rule)
    yield "slope of ReLU", lambda dA, Q: dA * (Q > 0)
    yield "slope a in place of a + 1", lambda dA, Q: dA * (Q > 0) + dA * Q * (Q <= 0)
