"""Variants that several losses share."""

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
from verify.compare.variants.shared import SIZES, VariantParts


def of_any(rule: Rule) -> VariantParts:
    """Yield the variants of the cost, or of the slope, of any loss."""
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


def of_reduction(rule: Rule) -> VariantParts:
    """Yield the variant of a loss that sums over its examples."""
    options = word_of(rule)
    if options and not options["mean"]:
        yield "mean for sum", rule.inputs, lambda Q, y: rule.compute(Q, y) * (1 / Q.shape[0])


def word_of(rule: Rule) -> dict[str, Any]:
    """Return the options of a loss's function; an empty dict for the essay's own loss, which has none."""
    return rule.compute.keywords if isinstance(rule.compute, partial) else {}


def of_crossentropy(rule: Rule) -> VariantParts:
    """Yield the variants of a cross-entropy other than the essay's: of its smoothing, and of what it starts from."""
    options = word_of(rule)
    if not options or not isinstance(rule.compute, partial):
        return
    function, smoothing = rule.compute.func, options.get("smoothing", 0.0)
    if smoothing:
        plain = partial(function, mean=options["mean"])
        yield "label smoothing left out", rule.inputs, plain
        yield "smoothing over n - 1", rule.inputs, partial(_smoothed_over_others, plain, smoothing)
        yield "smoothing not taken from the label", rule.inputs, partial(_smoothing_added, plain, smoothing)
    for other, name in STARTS.get(function, ()):
        yield name, rule.inputs, partial(other, mean=options["mean"])


LOGITS = "probabilities taken for logits"
LABELS = "logarithms of cut-off numbers taken for logits"
SHARES = "rows brought to a sum of 1"
# for each function, the functions that start from another quantity, and the names of these variants
STARTS: dict[Any, tuple[tuple[Any, str], ...]] = {
    of_logits: ((of_labels, LABELS),),
    of_logits_slope: ((of_labels_slope, LABELS),),
    of_probabilities: ((of_logits, LOGITS), (of_labels, LABELS)),
    of_probabilities_slope: ((of_logits_slope, LOGITS), (of_labels_slope, LABELS)),
    of_labels: ((of_logits, LOGITS), (of_probabilities, SHARES)),
    of_labels_slope: ((of_logits_slope, LOGITS), (of_probabilities_slope, SHARES)),
}


def _one_less(n: int) -> float:
    """The factor n / (n - 1), which turns a mean over n into a mean over n - 1."""
    return n / (n - 1) if n > 1 else float("inf")


def _smoothed(compute: Callable[..., Any], Z: Any, y: Any, size: float) -> Any:
    """Return the loss with label smoothing."""
    return compute(Z, y * (1 - size) + size / y.shape[1])


def _smoothed_over_others(compute: Callable[..., Any], smoothing: float, Q: Any, y: Any) -> Any:
    """Return the loss with the smoothing spread over the other n - 1 labels."""
    return compute(Q, y * (1 - smoothing) + (1 - y) * (smoothing / max(y.shape[1] - 1, 1)))


def _smoothing_added(compute: Callable[..., Any], smoothing: float, Q: Any, y: Any) -> Any:
    """Return the loss with the smoothing added to the labels, which then add up to more than 1."""
    return compute(Q, y + smoothing / y.shape[1])
