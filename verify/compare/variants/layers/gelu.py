"""Variants of GELU and of its slope."""

from typing import Any

import numpy as np

from reference.layers.gelu import gelu, gelu_backward, gelu_by_tanh, gelu_by_tanh_backward, gelu_slope
from reference.layers.relu import relu
from reference.layers.sigmoid import sigmoid
from reference.operations import erfc
from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, no_slope, options, unchanged


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of GELU, the simplest first."""
    if rule.phase == "forward" and options(rule.compute)["f"] is gelu_by_tanh:
        yield "activation left out", unchanged
        yield "ReLU in place of GELU", relu
        yield "erf in place of tanh", gelu
        yield "sigmoid of 1.702 z in place of tanh", lambda Z: Z * sigmoid(1.702 * Z)
        yield "without z³", lambda Z: 0.5 * Z * (1 + np.tanh(np.sqrt(2 / np.pi) * Z))
        yield "0.044715 in full precision", _by_tanh
        yield "without √(2/π)", lambda Z: 0.5 * Z * (1 + np.tanh(Z + 0.044715 * Z * Z * Z))
        return
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
    if rule.compute is gelu_by_tanh_backward:
        yield "slope of GELU with erf", gelu_backward
        yield "first term of the slope only", lambda dA, Z: dA * 0.5 * (1 + _tanh_of(Z))
        yield "z³ forgotten in the slope", _slope_without_cube
        yield "slope taken of a", lambda dA, Z: gelu_by_tanh_backward(dA, gelu_by_tanh(Z))
        return
    yield "first term of the slope only", lambda dA, Z: dA * 0.5 * (erfc(-Z / np.sqrt(2)))
    yield "slope taken of a", lambda dA, Z: dA * gelu_slope(gelu(Z))
    yield (
        "slope of erf without √2",
        lambda dA, Z: dA * (0.5 * (erfc(-Z / np.sqrt(2))) + Z * np.exp(-Z * Z / 2) / np.sqrt(np.pi)),
    )


def _by_tanh(Z: Any) -> Any:
    """z/2 (1 + tanh(√(2/π) (z + 0.044715 z³))).  Hendrycks & Gimpel 2016"""
    return 0.5 * Z * (1 + _tanh_of(Z))


def _tanh_of(Z: Any) -> Any:
    """tanh(√(2/π) (z + 0.044715 z³)).  Hendrycks & Gimpel 2016"""
    return np.tanh(np.sqrt(2 / np.pi) * (Z + 0.044715 * Z * Z * Z))


def _slope_without_cube(dA: Any, Z: Any) -> Any:
    """dA times the slope, with √(2/π) z as what is in the tanh when it is derived.  Hendrycks & Gimpel 2016"""
    T = _tanh_of(Z)
    return dA * (0.5 * (1 + T) + 0.5 * Z * (1 - T * T) * np.sqrt(2 / np.pi))
