"""Variants of Gaussian dropout. The forward and the backward pass apply one function to different tensors."""

from reference.rule import Rule
from reference.tensor_names import previous
from verify.compare.variants.shared import VariantParts, unchanged


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of Gaussian dropout, the simplest first."""
    source, E = rule.inputs
    yield "noise left out", unchanged, (source,)
    yield "noise added", lambda A, E: A + E
    yield "noise around 0", lambda A, E: A * (E - 1)
    yield "divided by the noise", lambda A, E: A * (1 / E)
    yield "mirrored noise", lambda A, E: A * (2 - E)
    yield "noise of the step before", rule.compute, (source, previous(E))
