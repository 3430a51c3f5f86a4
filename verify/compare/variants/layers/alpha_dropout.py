"""Variants of alpha dropout: without its scale, its shift or its lowest value, and with other masks."""

import numpy as np

from reference.layers.alpha_dropout import LOWEST
from reference.operations import choose
from reference.rule import Rule
from reference.tensor_names import previous
from verify.compare.variants.shared import VariantParts, options, unchanged


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of alpha dropout, the simplest first."""
    (source, M), constants = rule.inputs, options(rule.compute)
    a = constants["scale"]
    yield "alpha dropout left out", unchanged, (source,)
    yield "alpha dropout's mask inverted", lambda A, M: rule.compute(A, ~(M > 0) * 1.0)
    yield "alpha dropout's mask of the wrong example", lambda A, M: rule.compute(A, np.roll(M > 0, 1, axis=0) * 1.0)
    yield "alpha dropout's mask of the step before", rule.compute, (source, previous(M))
    if rule.phase == "backward":
        yield "alpha dropout without its scale", lambda A, M: A * (M > 0)
        yield "gradient of what alpha dropout replaced", lambda A, M: A * a
        return
    b = constants["offset"]
    rate = -b / (a * LOWEST)
    yield "dropout in place of alpha dropout", lambda A, M: A * (1 / (1 - rate)) * (M > 0)
    yield "alpha dropout without its shift", lambda A, M: choose(M > 0, A, LOWEST) * a
    yield "alpha dropout without its scale", lambda A, M: choose(M > 0, A, LOWEST) * 1.0
    yield "zeros in place of alpha dropout's lowest value", lambda A, M: A * (M > 0) * a + b
