"""Variants of the exponential activation and of its slope."""

import numpy as np

from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, no_slope, unchanged


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of the exponential, the simplest first."""
    if rule.phase == "forward":
        yield "activation left out", unchanged
        yield "e^z less 1", lambda Z: np.exp(Z) - 1
        yield "e^-z in place of e^z", lambda Z: np.exp(-Z)
        yield "2^z in place of e^z", lambda Z: np.exp(Z * float(np.log(2)))
        return
    yield from no_slope(rule)
    yield "slope e^a in place of a", lambda dA, A: dA * np.exp(A)
    yield "slope a + 1, as of e^z less 1", lambda dA, A: dA * (A + 1)
