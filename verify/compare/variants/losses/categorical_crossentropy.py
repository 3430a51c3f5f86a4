"""Variants of the cross-entropy and of its slope."""

from typing import Any

import numpy as np

from reference.layers.softmax import softmax, softmax_backward
from reference.loss import crossentropy
from reference.rule import Rule
from reference.tensor_names import is_of
from verify.compare.variants.loss import (
    instead,
    of_any,
    of_crossentropy,
    of_logits_that_are_probabilities,
    of_reduction,
    times,
)
from verify.compare.variants.shared import VariantParts, numbers, options

UNEVEN = "Σy·softmax - y, the slope of this cost for labels that do not add up to 1"


def variants(rule: Rule) -> VariantParts:
    """Yield the variants of one rule of the cross-entropy, the simplest first."""
    yield from of_any(rule)
    if is_of(rule.inputs[0], "Z") and options(rule.compute).get("mean", True):
        yield from _of_the_essay(rule)
    yield from of_reduction(rule)
    yield from of_logits_that_are_probabilities(rule)
    yield from of_crossentropy(rule)


def _of_the_essay(rule: Rule) -> VariantParts:
    """Yield the variants of the essay's cost and slope: the mean over the batch, from Z."""
    compute = rule.compute
    if rule.phase == "forward":
        yield "(14) as printed, one example", lambda *T: compute(*(x[:1] for x in T)) * (1 / T[0].shape[0])
        yield "probabilities clipped at 1e-7", instead(rule, _clipped_cost)
    else:
        # a(1 - a) · (-y/a) = -y (1 - a)
        yield "(20a) as printed, softmax elementwise", instead(rule, times(lambda Z, y: y * (softmax(Z) - 1)))
        yield "through the softmax twice", instead(rule, times(_twice))
        yield "label forgotten", instead(rule, times(lambda Z, y: softmax(Z)))
        yield UNEVEN, instead(rule, times(_of_uneven_labels))


def _of_uneven_labels(Z: Any, y: Any) -> Any:
    """Return Σy A - y, the slope of (13).  Raises ValueError if all labels add up to 1: then (21) is this slope."""
    total = np.sum(y, axis=-1, keepdims=True)
    if np.all(np.abs(numbers(total) - 1) < 1e-5):
        raise ValueError("the labels add up to 1")
    return softmax(Z) * total - y


def _clipped_cost(Z: Any, y: Any) -> Any:
    """Return the costs, computed from probabilities that are clipped to [1e-7, 1 - 1e-7]."""
    A = np.maximum(softmax(Z), 1e-7)
    return crossentropy(-np.maximum(-A, -(1 - 1e-7)), y)


def _twice(Z: Any, y: Any) -> Any:
    """Return A - y, multiplied by the softmax's Jacobian once more."""
    A = softmax(Z)
    return softmax_backward(A - y, A)
