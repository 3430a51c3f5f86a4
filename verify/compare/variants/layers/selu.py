"""Variants of SELU and of its slope."""

import numpy as np

from reference.layers.elu import elu
from reference.layers.selu import SCALE, SCALE_ALPHA
from reference.operations import choose
from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, no_slope, unchanged

ALPHA = 1.6732632423543772  # α, rounded to float64


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of SELU, the simplest first."""
    if rule.phase == "forward":
        yield "activation left out", unchanged
        yield "ELU in place of SELU", elu
        yield "SELU without its factor λ", lambda Z: elu(Z, ALPHA)
        yield "SELU without its α", lambda Z: elu(Z) * SCALE
        yield "e^z without its 1", lambda Z: choose(Z < 0, np.exp(np.minimum(Z, 0)) * SCALE_ALPHA, Z * SCALE)
        yield "λ and α of four digits", lambda Z: elu(Z, 1.673) * 1.051
        return
    yield from no_slope(rule)
    yield "at 0 the slope from below (XLA)", lambda dA, A: dA * choose(A > 0, SCALE, A + SCALE_ALPHA)
    yield "slope of ELU", lambda dA, A: dA * choose(A < 0, A + 1, 1.0)
    yield "slope a in place of a + λα", lambda dA, A: dA * choose(A < 0, A, SCALE)
    yield "λ left out above 0", lambda dA, A: dA * choose(A < 0, A + SCALE_ALPHA, 1.0)
