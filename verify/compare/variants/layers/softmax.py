"""Variants of the softmax and of its Jacobian."""

from collections.abc import Callable
from typing import Any

import numpy as np

from reference.layers.sigmoid import sigmoid, sigmoid_backward
from reference.layers.softmax import softmax
from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, no_slope, options


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of the softmax, the simplest first."""
    if rule.phase == "forward":
        axis = options(options(rule.compute)["f"]).get("axis", -1)
        yield "softmax over the batch", lambda Z: over_the_batch(Z, softmax)
        if axis != -1:
            yield "softmax over the last axis", softmax
        yield "softmax with temperature 2", lambda Z: softmax(Z * 0.5, axis)
        yield "softmax of ReLU", lambda Z: softmax(np.maximum(Z, 0), axis)
        yield "sigmoid in place of softmax", sigmoid
        yield "softmax not shifted by its largest", lambda Z: _unshifted(Z, axis)
        return
    yield from no_slope(rule)
    yield "slopes elementwise", sigmoid_backward


def over_the_batch(Z: Any, function: Callable[[Any, int], Any]) -> Any:
    """Return a function of an axis, taken along the axis of the examples in place of one of an example's axes."""
    return function(Z, -Z.ndim)


def _unshifted(Z: Any, axis: int) -> Any:
    """Return the softmax, computed without subtracting the largest element first."""
    E = np.exp(Z)
    return E * np.reciprocal(np.sum(E, axis=axis, keepdims=True))
