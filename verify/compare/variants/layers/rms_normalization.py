"""Variants of RMS normalization."""

from typing import Any

import numpy as np

from reference.layers.rms_normalization import along, inverse_rms
from reference.normalizing import GAMMA, mean_of
from reference.rule import Rule
from reference.tensor_names import previous, read
from verify.compare.variants import normalizing as other
from verify.compare.variants.shared import VariantParts, options


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of RMS normalization, the simplest first."""
    compute, words = rule.compute, options(rule.compute)
    axes, epsilon = words["axes"], words["epsilon"]
    yield from other.other_epsilons(rule)
    if rule.phase == "forward":
        yield "γ left out", lambda X, g: compute(X, g * 0.0 + 1.0)
        yield "mean subtracted, as layer normalization does", lambda X, g: compute(X - mean_of(X, axes), g)
        yield "root left out", lambda X, g: compute(X, g) * inverse_rms(X, axes, epsilon)
        yield "sum of the squares for their mean", lambda X, g: compute(X, g) * _root(X, axes, 0)
        yield "mean square divided by n - 1", lambda X, g: compute(X, g) * (_root(X, axes, -1) / _root(X, axes, 0))
        yield "γ of the step before", compute, (rule.inputs[0], previous(rule.inputs[1]))
        return
    yield from other.of_gradient(compute)
    if read(rule.tensor).quantity == GAMMA:
        yield "one example of the batch lost", lambda dN, X: compute(other.without_last(dN), X)
        return
    yield "γ left out", lambda dN, X, g: compute(dN, X, g * 0.0 + 1.0)
    yield (
        "the way through the mean square forgotten",
        lambda dN, X, g: dN * along(g, X, axes) * inverse_rms(X, axes, epsilon),
    )


def _root(X: Any, axes: tuple[int, ...], less: int) -> float:
    """Return 1/√n, or √(n - 1)/n for `less` -1: another n in the root of a mean square."""
    n = int(np.prod([X.shape[axis] for axis in axes]))
    return float(np.sqrt(n + less) / n)
