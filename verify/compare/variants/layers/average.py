"""Variants of a mean of several tensors."""

from functools import reduce

import numpy as np

from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, options


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of an Average, the simplest first."""
    if rule.phase == "forward":
        yield "sum in place of mean", lambda *T: rule.compute(*T) * len(T)
        yield "one branch left out", lambda *T: reduce(lambda x, y: x + y, T[:-1]) / len(T)
        yield "maximum in place of mean", lambda *T: reduce(np.maximum, T)
        yield "divided by one tensor too many", lambda *T: reduce(lambda x, y: x + y, T) / (len(T) + 1)
        return
    count = options(rule.compute)["count"]
    yield "gradient not divided", lambda dJ: dJ * 1.0
    yield "gradient divided twice", lambda dJ: dJ / count / count
    yield "gradient lost", lambda dJ: dJ * 0.0
