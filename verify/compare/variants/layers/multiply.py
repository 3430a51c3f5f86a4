"""Variants of a product of several tensors, number by number."""

from functools import reduce

from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, options


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of a Multiply, the simplest first."""
    if rule.phase == "forward":
        yield "one branch left out", lambda *T: rule.compute(*T[:-1]) if len(T) > 2 else T[0] * 1.0
        yield "sum in place of product", lambda *T: reduce(lambda x, y: x + y, T)
        yield "sign wrong", lambda *T: -rule.compute(*T)
        return
    k = options(rule.compute)["k"]
    yield "gradient handed on, as of a sum", lambda dJ, *T: dJ * 1.0
    yield "times its own tensor in place of the others", lambda dJ, *T: dJ * T[k]
    yield "times the whole product", lambda dJ, *T: dJ * reduce(lambda x, y: x * y, T)
    yield "gradient lost", lambda dJ, *T: dJ * 0.0
