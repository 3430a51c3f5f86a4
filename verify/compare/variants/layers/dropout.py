"""Variants of dropout. The forward and the backward pass apply one function to different tensors."""

import numpy as np

from reference.rule import Rule
from reference.tensor_names import previous
from verify.compare.variants.shared import VariantParts, options, unchanged


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of dropout, the simplest first."""
    (source, M), rate = rule.inputs, options(rule.compute)["rate"]
    yield "dropout left out", unchanged, (source,)
    yield "dropout without 1/(1 - rate)", lambda A, M: A * (M > 0)
    yield "dropout by 1/rate", lambda A, M: A * (1 / rate) * (M > 0)
    yield "dropout by 1 - rate", lambda A, M: A * (1 - rate) * (M > 0)
    yield "dropout's mask inverted", lambda A, M: rule.compute(A, ~(M > 0) * 1.0)
    scale = 1 / (1 - rate)
    yield "dropout's mask of the wrong example", lambda A, M: A * scale * np.roll(M > 0, 1, axis=0)
    yield "dropout's mask of the step before", rule.compute, (source, previous(M))
