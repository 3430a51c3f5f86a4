"""Variants of the softmax and of its Jacobian."""

from typing import Any

import numpy as np

from reference.layers.sigmoid import sigmoid, sigmoid_backward
from reference.layers.softmax import softmax
from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, no_slope


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of the softmax, the simplest first."""
    if rule.phase == "forward":
        yield "softmax over the batch", lambda Z: softmax(Z.T).T
        yield "softmax with temperature 2", lambda Z: softmax(Z * 0.5)
        yield "softmax of ReLU", lambda Z: softmax(np.maximum(Z, 0))
        yield "sigmoid in place of softmax", sigmoid
        yield "softmax not shifted by its largest", _unshifted
        return
    yield from no_slope(rule)
    yield "slopes elementwise", sigmoid_backward


def _unshifted(Z: Any) -> Any:
    """Return the softmax, computed without subtracting the largest element first."""
    E = np.exp(Z)
    return E * np.reciprocal(np.sum(E, axis=1, keepdims=True))
