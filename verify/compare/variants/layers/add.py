"""Variants of a sum of several tensors."""

from functools import reduce

import numpy as np

from reference.rule import Rule
from verify.compare.variants.shared import VariantParts


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of an Add, the simplest first."""
    if rule.phase == "forward":
        yield "one branch left out", lambda *T: rule.compute(*T[:-1]) if len(T) > 2 else T[0] * 1.0
        yield "only the last branch", lambda *T: T[-1] * 1.0
        yield "mean in place of sum", lambda *T: rule.compute(*T) / len(T)
        yield "maximum in place of sum", lambda *T: reduce(np.maximum, T)
        yield "product in place of sum", lambda *T: reduce(lambda x, y: x * y, T)
        yield "difference in place of sum", lambda *T: reduce(lambda x, y: x - y, T)
        return
    yield "gradient divided by 2", lambda dJ: dJ / 2
    yield "gradient doubled", lambda dJ: dJ * 2
    yield "gradient lost", lambda dJ: dJ * 0.0
    yield "sign of the gradient wrong", lambda dJ: -dJ
