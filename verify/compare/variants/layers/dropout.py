"""Variants of dropout. The forward and the backward pass apply one function to different tensors."""

from __future__ import annotations

import numpy as np

from reference.network import Network
from reference.rule import Rule
from reference.tensor_names import previous
from verify.compare.variants.shared import VariantParts, word


def variants(rule: Rule, network: Network) -> VariantParts:
    """Yield the variants of one rule of dropout, the simplest first."""
    rate, (source, M), compute = word(rule.compute, "rate"), rule.inputs, rule.compute
    yield "dropout left out", (source,), lambda A: A * 1.0
    yield "dropout without 1/(1 - rate)", rule.inputs, lambda A, M: A * (M > 0)
    yield "dropout by 1/rate", rule.inputs, lambda A, M: A * (1 / rate) * (M > 0)
    yield "dropout by 1 - rate", rule.inputs, lambda A, M: A * (1 - rate) * (M > 0)
    yield "dropout's mask inverted", rule.inputs, lambda A, M: compute(A, 1 - M)
    wrong_example = "dropout's mask of the wrong example"
    yield wrong_example, rule.inputs, lambda A, M: A * (1 / (1 - rate)) * np.roll(M > 0, 1, axis=0)
    yield "dropout's mask of the step before", (source, previous(M)), compute
