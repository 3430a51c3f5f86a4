"""Variants of a difference of two tensors."""

from reference.rule import Rule
from verify.compare.variants.shared import VariantParts


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of a Subtract, the simplest first."""
    if rule.phase == "forward":
        yield "sum in place of difference", lambda A, B: A + B
        yield "order exchanged", lambda A, B: B - A
        yield "second branch left out", lambda A, B: A * 1.0
        return
    yield "sign of the gradient wrong", lambda dJ: rule.compute(dJ) * -1.0
    yield "gradient divided by 2", lambda dJ: rule.compute(dJ) / 2
    yield "gradient lost", lambda dJ: dJ * 0.0
