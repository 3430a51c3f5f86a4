"""Variants of the largest of several tensors."""

from functools import partial, reduce

import numpy as np

from reference.layers.merge import given_to_the_largest
from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, options


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of a Maximum, the simplest first."""
    if rule.phase == "forward":
        yield "smallest in place of largest", lambda *T: reduce(np.minimum, T)
        yield "one branch left out", lambda *T: reduce(np.maximum, T[:-1]) if len(T) > 2 else T[0] * 1.0
        yield "sum in place of largest", lambda *T: reduce(lambda x, y: x + y, T)
        return
    k = options(rule.compute)["k"]
    yield "gradient to every branch", lambda dJ, *T: dJ * 1.0
    yield "gradient to the smallest", partial(given_to_the_largest, k=k, smallest=True)
    yield "gradient shared by all branches", lambda dJ, *T: dJ / len(T)
    yield (
        "of equal numbers, the last gets the gradient",
        lambda dJ, *T: partial(given_to_the_largest, k=len(T) - 1 - k, smallest=False)(dJ, *T[::-1]),
    )
    yield "gradient lost", lambda dJ, *T: dJ * 0.0
