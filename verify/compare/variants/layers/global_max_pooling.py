"""Variants of global max pooling."""

import numpy as np

from reference.layers.global_average_pooling import channel_means, channel_means_gradient
from reference.operations import choose, first_largest
from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, options


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of a global max pooling, the simplest first."""
    if rule.phase == "forward":
        shape = options(rule.compute)["shape"]
        yield "mean in place of the largest", lambda X: channel_means(X, shape)
        yield "smallest in place of the largest", lambda X: -rule.compute(-X)
        yield "largest magnitude in place of the largest", lambda X: np.maximum(rule.compute(X), rule.compute(-X))
        return
    inputs = options(rule.compute)["inputs"]
    yield "gradient to the smallest", lambda dP, X: rule.compute(dP, -X)
    yield "gradient shared by all positions, as of a mean", lambda dP, X: channel_means_gradient(dP, inputs)
    yield (
        "gradient to the first of several equal ones",
        lambda dP, X: choose(
            first_largest(X.reshape(len(X), -1, X.shape[-1])), dP.reshape(len(X), 1, X.shape[-1]), 0.0
        ).reshape(X.shape),
    )
    yield (
        "gradient to each of several equal ones, whole",
        lambda dP, X: choose(
            np.max(X.reshape(len(X), -1, X.shape[-1]), axis=1).reshape(len(X), *(1,) * (X.ndim - 2), X.shape[-1]) <= X,
            dP.reshape(len(X), *(1,) * (X.ndim - 2), X.shape[-1]),
            0.0,
        ),
    )
    yield "gradient lost", lambda dP, X: rule.compute(dP, X) * 0.0
