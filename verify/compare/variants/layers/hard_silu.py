"""Variants of hard SiLU and of its slope."""

from reference.layers.hard_sigmoid import between_the_kinks, hard_sigmoid
from reference.layers.hard_silu import hard_silu
from reference.layers.relu import relu
from reference.layers.silu import silu, silu_slope
from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, no_slope, unchanged


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of hard SiLU, the simplest first."""
    if rule.phase == "forward":
        yield "activation left out", unchanged
        yield "ReLU in place of hard SiLU", relu
        yield "SiLU in place of hard SiLU", silu
        yield "hard sigmoid in place of hard SiLU", hard_sigmoid
        yield "sign of z in hard SiLU", lambda Z: hard_silu(-Z)
        yield "hard SiLU without its 6", lambda Z: hard_silu(Z) * 6
        return
    yield from no_slope(rule)
    yield "slope of ReLU", lambda dA, Z: dA * (Z > 0)
    yield "slope of SiLU", lambda dA, Z: dA * silu_slope(Z)
    yield "slope of the hard sigmoid", lambda dA, Z: between_the_kinks(Z, dA * (1 / 6))
    yield "slope of hard SiLU without its second term", lambda dA, Z: dA * hard_sigmoid(Z)
    yield "slope of hard SiLU without its first term", lambda dA, Z: between_the_kinks(Z, dA * (1 / 6) * Z)
    yield "second term of the slope beyond the kinks too", lambda dA, Z: dA * hard_sigmoid(Z) + dA * (1 / 6) * Z
