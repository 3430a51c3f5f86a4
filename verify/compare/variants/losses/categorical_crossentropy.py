"""Variants of the cross-entropy and of its slope."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference import loss
from reference.layers.softmax import softmax, softmax_backward
from reference.rule import Rule
from reference.tensor_names import is_of
from verify.compare.variants.loss import of_any, of_crossentropy, of_reduction, word_of
from verify.compare.variants.shared import VariantParts


def variants(rule: Rule) -> VariantParts:
    """Yield the variants of one rule of the cross-entropy, the simplest first."""
    yield from of_any(rule)
    if not word_of(rule) and is_of(rule.inputs[0], "Z"):
        yield from _of_the_essays(rule)
    yield from of_reduction(rule)
    yield from of_crossentropy(rule)


def _of_the_essays(rule: Rule) -> VariantParts:
    """Yield the variants of the essay's own cost and slope."""
    inputs, compute = rule.inputs, rule.compute
    if rule.phase == "forward":
        yield "(14) as printed, one example", inputs, lambda Z, y: compute(Z[:1], y[:1]) * (1 / Z.shape[0])
        yield "probabilities clipped at 1e-7", inputs, _clipped_cost
    else:
        yield "(20a) as printed, softmax elementwise", inputs, _elementwise
        yield "through the softmax twice", inputs, _twice
        yield "label forgotten", inputs, lambda Z, y: softmax(Z) * (1 / Z.shape[0])


def _clipped_cost(Z: Any, y: Any) -> Any:
    """Return the cost, computed from probabilities that are clipped to [1e-7, 1 - 1e-7]."""
    A = np.maximum(softmax(Z), 1e-7)
    A = -np.maximum(-A, -(1 - 1e-7))
    return loss.batch_mean(loss.crossentropy(A, y))


def _elementwise(Z: Any, y: Any) -> Any:
    """a(1 - a) · (-y/a) = -y (1 - a), divided by N."""
    return y * (softmax(Z) - 1) * (1 / Z.shape[0])


def _twice(Z: Any, y: Any) -> Any:
    """Return A - y, multiplied by the softmax's Jacobian once more, divided by N."""
    A = softmax(Z)
    return softmax_backward(A - y, A) * (1 / Z.shape[0])
