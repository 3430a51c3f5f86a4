"""Variants of GELU and of its slope."""

import numpy as np

from reference.layers.gelu import gelu, gelu_slope
from reference.layers.relu import relu
from reference.layers.sigmoid import sigmoid
from reference.operations import erfc
from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, no_slope, unchanged


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of GELU, the simplest first."""
    if rule.phase == "forward":
        yield "activation left out", unchanged
        yield "ReLU in place of GELU", relu
        yield "tanh in place of erf", _by_tanh
        yield "sigmoid of 1.702 z in place of erf", lambda Z: Z * sigmoid(1.702 * Z)
        yield "1/√2 in full precision", lambda Z: 0.5 * Z * (erfc(-Z / np.sqrt(2)))
        yield "without √2", lambda Z: 0.5 * Z * erfc(-Z)
        yield "without 1/2", lambda Z: 2 * gelu(Z)
        return
    yield from no_slope(rule)
    yield "slope of ReLU", lambda dA, Z: dA * (Z > 0)
    yield "first term of the slope only", lambda dA, Z: dA * 0.5 * (erfc(-Z / np.sqrt(2)))
    yield "slope taken of a", lambda dA, Z: dA * gelu_slope(gelu(Z))
    yield (
        "slope of erf without √2",
        lambda dA, Z: dA * (0.5 * (erfc(-Z / np.sqrt(2))) + Z * np.exp(-Z * Z / 2) / np.sqrt(np.pi)),
    )


def _by_tanh(Z):  # type: ignore[no-untyped-def]
    """z/2 (1 + tanh(√(2/π) (z + 0.044715 z³))).  Hendrycks & Gimpel 2016"""
    return 0.5 * Z * (1 + np.tanh(np.sqrt(2 / np.pi) * (Z + 0.044715 * Z * Z * Z)))
