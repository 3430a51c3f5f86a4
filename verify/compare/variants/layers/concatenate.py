"""Variants of tensors side by side."""

import numpy as np

from reference.operations import beside, take
from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, options


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of a Concatenate, the simplest first."""
    places = options(rule.compute)["places"]
    if rule.phase == "forward":
        yield "branches in another order", lambda *T: take(beside(*T[1:], T[0]), places)
        yield (
            "side by side along another axis",
            lambda *T: take(beside(*T), np.sort(places.ravel()).reshape(places.shape)),
        )
        yield "the first branch in place of all", lambda *T: take(T[0], places % np.prod(T[0].shape[1:]))
        return
    yield "gradient of another branch", lambda dJ: take(dJ, (places + places.size) % np.prod(dJ.shape[1:]))
    yield "the first numbers of the gradient", lambda dJ: take(dJ, np.arange(places.size).reshape(places.shape))
    yield "gradient divided by 2", lambda dJ: rule.compute(dJ) / 2
    yield "gradient lost", lambda dJ: rule.compute(dJ) * 0.0
