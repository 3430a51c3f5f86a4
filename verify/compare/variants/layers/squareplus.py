"""Variants of squareplus and of its slope."""

import numpy as np

from reference.layers.relu import relu
from reference.layers.sigmoid import sigmoid
from reference.layers.softplus import softplus
from reference.layers.squareplus import B, squareplus, squareplus_slope
from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, no_slope, unchanged

OTHERS = (1, 2)  # wrong values of b


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of squareplus, the simplest first."""
    if rule.phase == "forward":
        yield "activation left out", unchanged
        yield "ReLU in place of squareplus", relu
        yield "softplus in place of squareplus", softplus
        yield "sign of z in squareplus", lambda Z: squareplus(-Z)
        yield "squareplus without its 1/2", lambda Z: Z + np.sqrt(Z * Z + B)
        for other in OTHERS:
            yield f"b = {other}", lambda Z, other=other: (Z + np.sqrt(Z * Z + other)) * 0.5
        return
    yield from no_slope(rule)
    yield "slope of ReLU", lambda dA, Z: dA * (Z > 0)
    yield "slope of softplus", lambda dA, Z: dA * sigmoid(Z)
    yield "slope taken of a", lambda dA, Z: dA * squareplus_slope(squareplus(Z))
    yield "first term of the slope only", lambda dA, Z: dA * 0.5
    for other in OTHERS:
        yield f"slope with b = {other}", lambda dA, Z, other=other: (dA + dA / np.sqrt(Z * Z + other) * Z) * 0.5
