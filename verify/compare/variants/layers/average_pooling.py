"""Variants of average pooling: other counts, other windows."""

from functools import partial
from typing import Any

import numpy as np

from reference.layers.average_pooling import mean, mean_gradient
from reference.layers.max_pooling import largest
from reference.layers.pooling import counts
from reference.operations import take
from reference.rule import Rule
from reference.sliding import Sliding, meeting, windows
from verify.compare.variants.pooling import other_windows
from verify.compare.variants.shared import VariantParts, options


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of an average pooling, the simplest first."""
    sliding = options(rule.compute)["sliding"]
    size = int(np.prod(sliding.kernel))
    padded = bool(np.any(counts(sliding) != size))
    if rule.phase == "forward":
        if padded:
            yield "divided by the size of the window, padding included", lambda X: _sums(X, sliding) * (1 / size)
        yield "sum of the window in place of its mean", lambda X: _sums(X, sliding)
        yield "largest of the window in place of its mean", partial(largest, sliding=sliding)
        for name, other in other_windows(sliding):
            yield name, partial(mean, sliding=other)
        return
    if padded:
        yield "divided by the size of the window, padding included", lambda dP: _back(dP * (1 / size), sliding)
    yield "gradient not divided", lambda dP: _back(dP, sliding)
    yield "gradient divided by the number of windows", lambda dP: _back(dP * (1 / np.prod(sliding.outputs)), sliding)
    yield "gradient lost", lambda dP: rule.compute(dP) * 0.0
    for name, other in other_windows(sliding):
        yield name, partial(mean_gradient, sliding=other)


def _sums(X: Any, sliding: Sliding) -> Any:
    """Return the sum of each window."""
    found = np.sum(take(X, windows(sliding, X.shape[-1])), axis=2)
    return found.reshape(len(X), *sliding.outputs, X.shape[-1])


def _back(dP: Any, sliding: Sliding) -> Any:
    """Return for each cell the sum of the gradients of its windows."""
    found = np.sum(take(dP, meeting(sliding, dP.shape[-1])), axis=2)
    return found.reshape(len(dP), *sliding.inputs, dP.shape[-1])
