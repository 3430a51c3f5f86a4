"""What variants of several losses have in common."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from reference.losses.categorical_crossentropy import (
    of_logits,
    of_logits_slope,
    of_probabilities,
    of_probabilities_slope,
)
from reference.losses.sparse_categorical_crossentropy import of_labels, of_labels_slope
from reference.rule import Rule
from verify.compare.variants.shared import SIZES, Found


def of_any(rule: Rule) -> Found:
    """Of the cost and of the slope of any loss."""
    inputs, compute = rule.inputs, rule.compute
    yield "sum for mean", inputs, lambda Z, y: compute(Z, y) * float(Z.shape[0])
    yield "mean over N - 1", inputs, lambda Z, y: compute(Z, y) * _one_less(Z.shape[0])
    for size in SIZES:
        yield f"label smoothing {size:g}", inputs, partial(_smoothed, compute, size=size)
    yield "the next digit's label", inputs, lambda Z, y: compute(Z, y @ np.roll(np.eye(y.shape[1]), 1, axis=1))
    if rule.phase == "forward":
        yield "logarithm to base 2", inputs, lambda Z, y: compute(Z, y) * (1 / np.log(2.0))
        yield "one example of the batch lost", inputs, lambda Z, y: compute(Z[:-1], y[:-1])
    else:
        yield "sign of the gradient", inputs, lambda Z, y: -compute(Z, y)


def of_reduction(rule: Rule) -> Found:
    """Of a loss that is the sum of its examples."""
    words = word_of(rule)
    if words and not words["mean"]:
        yield "mean for sum", rule.inputs, lambda Q, y: rule.compute(Q, y) * (1 / Q.shape[0])


def word_of(rule: Rule) -> dict[str, Any]:
    """What a loss's function was given beside the tensors; nothing for the essay's own."""
    return rule.compute.keywords if isinstance(rule.compute, partial) else {}


def of_crossentropy(rule: Rule) -> Found:
    """Smoothing, and where the loss begins, of a cross-entropy that is not the essay's."""
    words = word_of(rule)
    if not words or not isinstance(rule.compute, partial):
        return
    function, smoothing = rule.compute.func, words.get("smoothing", 0.0)
    if smoothing:
        plain = partial(function, mean=words["mean"])
        yield "label smoothing left out", rule.inputs, plain
        yield "smoothing over n - 1", rule.inputs, partial(_over_the_others, plain, smoothing)
        yield "smoothing not taken from the label", rule.inputs, partial(_on_top, plain, smoothing)
    for other, text in STARTS.get(function, ()):
        yield text, rule.inputs, partial(other, mean=words["mean"])


LOGITS, LABELS, SHARES = (
    "probabilities taken for logits", "logarithms of cut-off numbers taken for logits", "rows brought to a sum of 1"
)  # fmt: skip
STARTS: dict[Any, tuple[tuple[Any, str], ...]] = {  # what may stand where the loss begins otherwise
    of_logits: ((of_labels, LABELS),),
    of_logits_slope: ((of_labels_slope, LABELS),),
    of_probabilities: ((of_logits, LOGITS), (of_labels, LABELS)),
    of_probabilities_slope: ((of_logits_slope, LOGITS), (of_labels_slope, LABELS)),
    of_labels: ((of_logits, LOGITS), (of_probabilities, SHARES)),
    of_labels_slope: ((of_logits_slope, LOGITS), (of_probabilities_slope, SHARES)),
}


def _one_less(n: int) -> float:
    return n / (n - 1) if n > 1 else float("inf")


def _smoothed(compute: Callable[..., Any], Z: Any, y: Any, size: float) -> Any:
    return compute(Z, y * (1 - size) + size / y.shape[1])


def _over_the_others(compute: Callable[..., Any], smoothing: float, Q: Any, y: Any) -> Any:
    return compute(Q, y * (1 - smoothing) + (1 - y) * (smoothing / max(y.shape[1] - 1, 1)))


def _on_top(compute: Callable[..., Any], smoothing: float, Q: Any, y: Any) -> Any:
    return compute(Q, y + smoothing / y.shape[1])
