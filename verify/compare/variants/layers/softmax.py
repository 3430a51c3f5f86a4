"""Variants of the softmax and of its Jacobian."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference.layers.sigmoid import sigmoid, sigmoid_backward
from reference.layers.softmax import softmax
from reference.network import Network
from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, no_slope


def variants(rule: Rule, network: Network) -> VariantParts:
    """Yield the variants of one rule of the softmax, the simplest first."""
    inputs = rule.inputs
    if rule.phase == "forward":
        yield "softmax over the batch", inputs, lambda Z: softmax(Z.T).T
        yield "softmax with temperature 2", inputs, lambda Z: softmax(Z * 0.5)
        yield "softmax of ReLU", inputs, lambda Z: softmax(np.maximum(Z, 0))
        yield "sigmoid in place of softmax", inputs, sigmoid
        yield "softmax not shifted by its largest", inputs, _unshifted
        return
    yield from no_slope(rule)
    yield "slopes elementwise", inputs, sigmoid_backward


def _unshifted(Z: Any) -> Any:
    """Return the softmax, computed without subtracting the largest element first."""
    E = np.exp(Z)
    return E * np.reciprocal(np.sum(E, axis=1, keepdims=True))
