"""Variants of sparse plus and of its slope."""

from reference.layers.relu import relu
from reference.layers.sigmoid import sigmoid
from reference.layers.softplus import softplus
from reference.layers.sparse_plus import sparse_plus
from reference.layers.sparse_sigmoid import sparse_sigmoid, sparse_sigmoid_backward
from reference.operations import choose
from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, no_slope, unchanged


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of sparse plus, the simplest first."""
    if rule.phase == "forward":
        yield "activation left out", unchanged
        yield "ReLU in place of sparse plus", relu
        yield "softplus in place of sparse plus", softplus
        yield "sparse sigmoid in place of sparse plus", sparse_sigmoid
        yield "sign of z in sparse plus", lambda Z: sparse_plus(-Z)
        yield "parabola without its 1/4", lambda Z: choose(Z <= -1, 0.0, choose(Z < 1, (Z + 1) * (Z + 1), Z))
        yield "parabola from 1 up too", lambda Z: choose(Z <= -1, 0.0, (Z + 1) * (Z + 1) * 0.25)
        return
    yield from no_slope(rule)
    yield "slope of ReLU", lambda dA, Z: dA * (Z > 0)
    yield "slope of softplus", lambda dA, Z: dA * sigmoid(Z)
    yield "slope of the sparse sigmoid", sparse_sigmoid_backward
    yield "slope of the parabola from 1 up too", lambda dA, Z: choose(Z <= -1, 0.0, dA * 0.5 * (Z + 1))
