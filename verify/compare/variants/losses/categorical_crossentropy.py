"""Variants of the cross-entropy and of its slope."""

from typing import Any

import numpy as np

from reference import loss
from reference.layers.softmax import softmax, softmax_backward
from reference.rule import Rule
from reference.tensor_names import is_of
from verify.compare.variants.loss import of_any, of_crossentropy, of_reduction
from verify.compare.variants.shared import VariantParts, options


def variants(rule: Rule) -> VariantParts:
    """Yield the variants of one rule of the cross-entropy, the simplest first."""
    yield from of_any(rule)
    if not options(rule.compute) and is_of(rule.inputs[0], "Z"):
        yield from _of_the_essay(rule)
    yield from of_reduction(rule)
    yield from of_crossentropy(rule)


def _of_the_essay(rule: Rule) -> VariantParts:
    """Yield the variants of the essay's own cost and slope."""
    compute = rule.compute
    if rule.phase == "forward":
        yield "(14) as printed, one example", lambda Z, y: compute(Z[:1], y[:1]) * (1 / Z.shape[0])
        yield "probabilities clipped at 1e-7", _clipped_cost
    else:
        # a(1 - a) · (-y/a) = -y (1 - a)
        yield "(20a) as printed, softmax elementwise", lambda Z, y: y * (softmax(Z) - 1) * (1 / Z.shape[0])
        yield "through the softmax twice", _twice
        yield "label forgotten", lambda Z, y: softmax(Z) * (1 / Z.shape[0])


def _clipped_cost(Z: Any, y: Any) -> Any:
    """Return the cost, computed from probabilities that are clipped to [1e-7, 1 - 1e-7]."""
    A = np.maximum(softmax(Z), 1e-7)
    A = -np.maximum(-A, -(1 - 1e-7))
    return loss.batch_mean(loss.crossentropy(A, y))


def _twice(Z: Any, y: Any) -> Any:
    """Return A - y, multiplied by the softmax's Jacobian once more, divided by N."""
    A = softmax(Z)
    return softmax_backward(A - y, A) * (1 / Z.shape[0])
