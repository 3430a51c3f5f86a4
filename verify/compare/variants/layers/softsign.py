"""Variants of softsign and of its slope."""

import numpy as np

from reference.layers.softsign import softsign
from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, no_slope, unchanged


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of softsign, the simplest first."""
    if rule.phase == "forward":
        yield "activation left out", unchanged
        yield "tanh in place of softsign", np.tanh
        yield "|z| / (1 + |z|)", lambda Z: np.maximum(softsign(Z), -softsign(Z))
        yield "z / (1 + z²)", lambda Z: Z / (Z * Z + 1)
        return
    yield from no_slope(rule)
    yield "1 + |z| without its square", lambda dA, Z: dA / (np.maximum(Z, -Z) + 1)
    yield "slope 1 / (1 + z²)", lambda dA, Z: dA / (Z * Z + 1)
    yield "slope of tanh", lambda dA, Z: dA * (1 - np.tanh(Z) * np.tanh(Z))
