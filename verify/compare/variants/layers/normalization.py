"""Variants of Keras's Normalization."""

from functools import partial
from typing import Any

import numpy as np

from reference.layers.normalization import restored, restored_gradient, standardized, standardized_gradient
from reference.rule import Rule
from verify.compare.variants import normalizing as other
from verify.compare.variants.shared import VariantParts, options, unchanged

INVERSE: dict[Any, Any] = {
    standardized: restored,
    restored: standardized,
    standardized_gradient: restored_gradient,
    restored_gradient: standardized_gradient,
}


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of Normalization, the simplest first."""
    compute, words = rule.compute, options(rule.compute)
    function = compute.func  # type: ignore[attr-defined]
    yield "the inverse", partial(INVERSE[function], **words)
    if rule.phase == "backward":
        yield "not divided by σ", unchanged, rule.inputs[:1]
        yield "root left out", lambda dN, v: compute(dN, v * v)
        yield from other.of_gradient(compute)
        return
    yield "not normalised", unchanged, rule.inputs[:1]
    yield "mean not subtracted", lambda X, m, v: compute(X, m * 0.0, v)
    yield "variance left out", lambda X, m, v: compute(X, m, v * 0.0 + 1.0)
    yield "root left out", lambda X, m, v: compute(X, m, v * v)
    yield "ε 1e-3 added to the variance", lambda X, m, v: compute(X, m, v + 1e-3)
    yield "mean and variance exchanged", lambda X, m, v: compute(X, v, np.maximum(m, -m))
    yield "mean added", lambda X, m, v: compute(X, -m, v)
