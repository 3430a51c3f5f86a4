"""Variants of global average pooling."""

from math import prod

import numpy as np

from reference.layers.global_max_pooling import channel_largest
from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, options


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of a global average pooling, the simplest first."""
    if rule.phase == "forward":
        shape = options(rule.compute)["shape"]
        yield "largest in place of the mean", lambda X: channel_largest(X, shape)
        yield "sum in place of the mean", lambda X: rule.compute(X) * prod(X.shape[1:-1])
        yield (
            "divided by one position too many",
            lambda X: rule.compute(X) * (prod(X.shape[1:-1]) / (prod(X.shape[1:-1]) + 1)),
        )
        yield (
            "mean of the first axis only",
            lambda X: (
                np.sum(X.reshape(len(X), X.shape[1], -1, X.shape[-1])[:, :, 0], axis=1) * (1 / X.shape[1])
            ).reshape(len(X), *shape),
        )
        return
    positions = prod(options(rule.compute)["inputs"][:-1])
    yield "gradient not divided", lambda dP: rule.compute(dP) * positions
    yield "gradient divided twice", lambda dP: rule.compute(dP) * (1 / positions)
    yield "gradient lost", lambda dP: rule.compute(dP) * 0.0
