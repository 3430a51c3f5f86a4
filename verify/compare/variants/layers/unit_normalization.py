"""Variants of unit normalization."""

from typing import Any

import numpy as np

from reference.layers.unit_normalization import length
from reference.normalizing import mean_of
from reference.rule import Rule
from verify.compare.variants import normalizing as other
from verify.compare.variants.shared import VariantParts, options, unchanged


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of unit normalization, the simplest first."""
    compute, axes = rule.compute, options(rule.compute)["axes"]
    if rule.phase == "backward":
        yield "the way through the length forgotten", lambda dN, X: dN * _inverse(X, axes)
        yield "the way through the length counted twice", lambda dN, X: compute(dN, X) * 2 - dN * _inverse(X, axes)
        yield from other.of_gradient(compute)
        return
    yield "not normalised", unchanged
    yield "root left out", lambda X: compute(X) * _inverse(X, axes)
    yield "mean square for the sum of the squares", lambda X: X * np.reciprocal(np.sqrt(mean_of(X * X, axes)))
    yield "sum of the magnitudes for the length", lambda X: X / np.sum(np.maximum(X, -X), axis=axes, keepdims=True)
    yield "divided by the largest magnitude", lambda X: X / np.max(np.maximum(X, -X), axis=axes, keepdims=True)
    yield "mean subtracted", lambda X: compute(X - mean_of(X, axes))
    yield "length over the batch", lambda X: X * np.reciprocal(np.sqrt(np.sum(X * X, axis=0, keepdims=True)))


def _inverse(X: Any, axes: tuple[int, ...]) -> Any:
    """Return 1 / √ Σ x²."""
    return np.reciprocal(length(X, axes))
