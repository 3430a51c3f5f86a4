"""Variants of PReLU, and of the gradients of its slopes."""

from typing import Any

import numpy as np

from reference.layers.prelu import SLOPE, prelu, prelu_gradient
from reference.operations import choose
from reference.rule import Rule
from reference.tensor_names import previous, read
from verify.compare.variants import normalizing as other
from verify.compare.variants.shared import VariantParts, unchanged


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of a PReLU, the simplest first."""
    compute = rule.compute
    if rule.phase == "forward":
        yield "activation left out", lambda X, s: unchanged(X)
        yield "ReLU: nothing below 0", lambda X, s: prelu(X, s * 0.0)
        yield "slope above 0 in place of below", lambda X, s: -prelu(-X, s)
        yield "slope 0.25 in place of the learned one", lambda X, s: prelu(X, s * 0.0 + 0.25)
        yield "sign of the slope", lambda X, s: prelu(X, -s)
        yield "slopes of the step before", compute, (rule.inputs[0], previous(rule.inputs[1]))
        return
    if read(rule.tensor).quantity == SLOPE:
        yield "mean over the batch for the sum", lambda dH, X: compute(dH, X) * (1 / dH.shape[0])
        yield "wrong sign", lambda dH, X: -compute(dH, X)
        yield "one example of the batch lost", lambda dH, X: compute(other.without_last(dH), X)
        yield "numbers above 0 count too", lambda dH, X: compute(dH, X) - compute(dH, -X)
        yield "magnitude forgotten", lambda dH, X: compute(dH, choose(X < 0, X * 0.0 - 1.0, 0.0))
        return
    yield "slope missing", lambda dH, X, s: dH * 1.0
    yield "slope of ReLU", lambda dH, X, s: dH * (X > 0)
    yield "slope above 0 in place of below on the way back", lambda dH, X, s: prelu_gradient(dH, -X, s)
    yield "slopes of the step before", compute, (*rule.inputs[:2], previous(rule.inputs[2]))
    yield "slope added in place of multiplied", lambda dH, X, s: _added(dH, X, s)


def _added(dH: Any, X: Any, s: Any) -> Any:
    """Return dh + s below 0."""
    return choose(X > 0, dH, dH + np.minimum(s, s))
