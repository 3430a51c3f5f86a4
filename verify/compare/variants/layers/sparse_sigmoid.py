"""Variants of the sparse sigmoid and of its slope."""

from reference.layers.hard_sigmoid import hard_sigmoid, hard_sigmoid_backward
from reference.layers.sigmoid import sigmoid, sigmoid_backward
from reference.layers.sparse_sigmoid import sparse_sigmoid
from reference.operations import choose
from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, no_slope, unchanged


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of the sparse sigmoid, the simplest first."""
    if rule.phase == "forward":
        yield "activation left out", unchanged
        yield "sigmoid in place of sparse sigmoid", sigmoid
        yield "hard sigmoid in place of sparse sigmoid", hard_sigmoid
        yield "sign of z in the sparse sigmoid", lambda Z: sparse_sigmoid(-Z)
        yield "sparse sigmoid not cut at 1", lambda Z: choose(Z <= -1, 0.0, (Z + 1) * 0.5)
        yield "sparse sigmoid not cut", lambda Z: (Z + 1) * 0.5
        return
    yield from no_slope(rule)
    yield "slope 1 in place of 1/2", lambda dA, Z: choose(Z <= -1, 0.0, choose(Z >= 1, 0.0, dA))
    yield "slope 1/2 at the kinks too", lambda dA, Z: choose(Z < -1, 0.0, choose(Z > 1, 0.0, dA * 0.5))
    yield "slope of the sparse sigmoid beyond its kinks too", lambda dA, Z: dA * 0.5
    yield "slope of the sigmoid", lambda dA, Z: sigmoid_backward(dA, sigmoid(Z))
    yield "slope of the hard sigmoid", hard_sigmoid_backward
