"""Variants of the logarithm of the softmax and of its Jacobian."""

import numpy as np

from reference.layers.log_sigmoid import log_sigmoid
from reference.layers.log_softmax import log_softmax
from reference.layers.softmax import softmax
from reference.rule import Rule
from verify.compare.variants.layers.softmax import over_the_batch
from verify.compare.variants.shared import VariantParts, no_slope, options


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of log_softmax, the simplest first."""
    if rule.phase == "forward":
        axis = options(options(rule.compute)["f"])["axis"]
        yield "softmax without its logarithm", lambda Z: softmax(Z, axis)
        yield "log_softmax over the batch", lambda Z: over_the_batch(Z, log_softmax)
        if axis != -1:
            yield "log_softmax over the last axis", log_softmax
        yield "log_softmax with temperature 2", lambda Z: log_softmax(Z * 0.5, axis)
        yield "log_sigmoid in place of log_softmax", log_sigmoid
        yield "logarithm of base 2", lambda Z: log_softmax(Z, axis) * float(np.log2(np.e))
        yield "logarithm of the sum left out", lambda Z: Z - np.max(Z, axis=axis, keepdims=True)
        return
    axis = options(rule.compute)["axis"]
    yield from no_slope(rule)
    yield "slope of the softmax", lambda dA, A: np.exp(A) * (dA - np.sum(dA * np.exp(A), axis=axis, keepdims=True))
    yield "the way through the sum elementwise", lambda dA, A: dA - dA * np.exp(A)
    yield (
        "logarithm in place of the probability on the way back",
        lambda dA, A: dA - np.sum(dA, axis=axis, keepdims=True) * A,
    )
