"""In place of the cost and of its slope."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from reference import loss, losses
from reference.layers.softmax import softmax, softmax_backward
from reference.rules import Rule
from reference.tensor_names import read
from verify.variants.arithmetic import SIZES, Found


def of_loss(rule: Rule, cost: str) -> Found:
    source, y = rule.inputs
    compute, kind = rule.compute, rule.tensor
    yield "sum for mean", rule.inputs, lambda Z, y: compute(Z, y) * float(Z.shape[0])
    yield "mean over N - 1", rule.inputs, lambda Z, y: compute(Z, y) * _one_less(Z.shape[0])
    for size in SIZES:
        smooth = partial(_smoothed, compute, size=size)
        yield f"label smoothing {size:g}", rule.inputs, smooth
    yield "the next digit's label", rule.inputs, lambda Z, y: compute(Z, y @ np.roll(np.eye(y.shape[1]), 1, axis=1))
    if kind == "C":
        yield "logarithm to base 2", rule.inputs, lambda Z, y: compute(Z, y) * (1 / np.log(2.0))
        yield "one example of the batch lost", rule.inputs, lambda Z, y: compute(Z[:-1], y[:-1])
        if cost == "categorical_crossentropy" and read(source).quantity == "Z":
            yield "(14) as printed, one example", rule.inputs, lambda Z, y: compute(Z[:1], y[:1]) * (1 / Z.shape[0])
            yield "probabilities clipped at 1e-7", rule.inputs, _clipped_cost
    else:
        yield "sign of the gradient", rule.inputs, lambda Z, y: -compute(Z, y)
        if cost == "categorical_crossentropy" and read(source).quantity == "Z":
            yield "(20a) as printed, softmax elementwise", rule.inputs, _elementwise
            yield "through the softmax twice", rule.inputs, _twice
            yield "label forgotten", rule.inputs, lambda Z, y: softmax(Z) * (1 / Z.shape[0])
    if isinstance(compute, partial):
        yield from _others(rule, kind, compute)


def _one_less(n: int) -> float:
    return n / (n - 1) if n > 1 else float("inf")


def _smoothed(compute: Callable[..., Any], Z: Any, y: Any, size: float) -> Any:
    return compute(Z, y * (1 - size) + size / y.shape[1])


def _clipped_cost(Z: Any, y: Any) -> Any:
    A = np.maximum(softmax(Z), 1e-7)
    A = -np.maximum(-A, -(1 - 1e-7))
    return loss.batch_mean(loss.crossentropy(A, y))


def _elementwise(Z: Any, y: Any) -> Any:
    """a(1 - a) · (-y/a) = -y (1 - a)."""
    return y * (softmax(Z) - 1) * (1 / Z.shape[0])


def _twice(Z: Any, y: Any) -> Any:
    A = softmax(Z)
    return softmax_backward(A - y, A) * (1 / Z.shape[0])


def _others(rule: Rule, kind: str, compute: Any) -> Found:
    """Of the losses that the essay does not have: smoothing, reduction, where the loss begins."""
    words, smoothing, name = compute.keywords, compute.keywords.get("smoothing", 0.0), compute.func.__name__
    if not words["mean"]:
        yield "mean for sum", rule.inputs, lambda Q, y: compute(Q, y) * (1 / Q.shape[0])
    if smoothing:
        plain = partial(compute.func, mean=words["mean"])
        yield "label smoothing left out", rule.inputs, plain
        yield "smoothing over n - 1", rule.inputs, partial(_over_the_others, plain, smoothing)
        yield "smoothing not taken from the label", rule.inputs, partial(_on_top, plain, smoothing)
    for other in STARTS.get(name, ()):
        yield OTHERWISE[other], rule.inputs, partial(getattr(losses, other), mean=words["mean"])
    if name.startswith("squared"):
        yield "half the squares", rule.inputs, lambda Q, y: compute(Q, y) * 0.5
        yield "sum over the outputs", rule.inputs, lambda Q, y: compute(Q, y) * float(Q.shape[1])
    if name == "squared_slope":
        yield "absolute error in place of squares", rule.inputs, partial(_absolute, mean=words["mean"])


STARTS = {  # what may stand where the loss begins otherwise
    "of_logits": ("of_labels",),
    "of_logits_slope": ("of_labels_slope",),
    "of_probabilities": ("of_logits", "of_labels"),
    "of_probabilities_slope": ("of_logits_slope", "of_labels_slope"),
    "of_labels": ("of_logits", "of_probabilities"),
    "of_labels_slope": ("of_logits_slope", "of_probabilities_slope"),
}
OTHERWISE = {
    name + end: text
    for end in ("", "_slope")
    for name, text in (
        ("of_logits", "probabilities taken for logits"),
        ("of_labels", "logarithms of cut-off numbers taken for logits"),
        ("of_probabilities", "rows brought to a sum of 1"),
    )
}


def _over_the_others(compute: Callable[..., Any], smoothing: float, Q: Any, y: Any) -> Any:
    return compute(Q, y * (1 - smoothing) + (1 - y) * (smoothing / max(y.shape[1] - 1, 1)))


def _on_top(compute: Callable[..., Any], smoothing: float, Q: Any, y: Any) -> Any:
    return compute(Q, y + smoothing / y.shape[1])


def _absolute(A: Any, y: Any, mean: bool) -> Any:
    D = A - y
    return losses.weighed((1.0 * (D > 0) - 1.0 * (D < 0)) * (1 / A.shape[1]), mean)
