"""Variants of the gated linear unit."""

from functools import partial
from typing import Any

import numpy as np

from reference.layers.glu import gated
from reference.layers.sigmoid import sigmoid
from reference.operations import beside, product, take
from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, options


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of a gated linear unit, the simplest first."""
    words = options(rule.compute)
    first, second = words["first"], words["second"]
    if rule.phase == "forward":
        yield "halves exchanged", partial(gated, first=second, second=first)
        yield "gate left out", lambda X: take(X, first) * 1.0
        yield "tanh in place of the sigmoid", lambda X: take(X, first) * np.tanh(take(X, second))
        yield "ReLU in place of the sigmoid (ReGLU)", lambda X: take(X, first) * np.maximum(take(X, second), 0)
        yield "SiLU in place of the sigmoid (SwiGLU)", lambda X: gated(X, first, second) * take(X, second)
        yield "one half alone: a SiLU", partial(gated, first=first, second=first)
        yield "even and odd numbers in place of halves", lambda X: _interleaved(X, first)
        return
    places = words["places"]

    def put(da: Any, db: Any) -> Any:
        return take(beside(da, db), places)

    def gate(X: Any) -> Any:
        return sigmoid(take(X, second))

    yield "gradients of the halves exchanged", lambda dH, X: _exchanged(rule.compute(dH, X), first, second, places)
    yield "the gate gets no gradient", lambda dH, X: put(dH * gate(X), dH * 0.0)
    yield (
        "slope of the sigmoid forgotten",
        lambda dH, X: put(dH * gate(X), product(dH, take(X, first), gate(X))),
    )
    yield (
        "first half forgotten in the gradient of the gate",
        lambda dH, X: put(dH * gate(X), product(dH, gate(X), 1 - gate(X))),
    )
    yield (
        "gate forgotten in the gradient of the first half",
        lambda dH, X: put(dH * 1.0, product(dH, take(X, first), gate(X), 1 - gate(X))),
    )


def _exchanged(dX: Any, first: Any, second: Any, places: Any) -> Any:
    """Return the gradients of both halves, each in the place of the other."""
    return take(beside(take(dX, second), take(dX, first)), places)


def _interleaved(X: Any, first: Any) -> Any:
    """Return the unit of even numbers of an example, gated by odd ones."""
    even = np.arange(0, 2 * first.size, 2).reshape(first.shape)
    return gated(X, even, even + 1)
