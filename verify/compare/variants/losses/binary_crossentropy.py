"""Variants of the binary cross-entropy and of its slope."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from reference.layers.sigmoid import sigmoid
from reference.losses import binary_crossentropy as own
from reference.losses.loss import cut_off
from reference.losses.mean_squared_error import squared, squared_backward
from reference.operations import product
from reference.rule import Rule
from verify.compare.variants.loss import LOGITS, Function, elementwise, of_output
from verify.compare.variants.shared import VariantParts, options

Other = tuple[str, Function | None, Function | None]


def variants(rule: Rule) -> VariantParts:
    """Yield the variants of one rule of the binary cross-entropy, the simplest first."""
    chosen = dict(options(of_output(rule)))
    smoothing, epsilon = chosen.pop("smoothing", 0.0), chosen.pop("epsilon", None)
    yield from elementwise(rule, *_of(smoothing, epsilon), *_smoothing_left_out(smoothing, epsilon))


def _of(smoothing: float, epsilon: float | None) -> Iterator[Other]:
    """Yield the variants of logits, if there is no ε, or of probabilities."""
    if epsilon is None:
        yield (
            "logits taken for probabilities",
            partial(own.of_probabilities, smoothing=smoothing),
            partial(own.of_probabilities_backward, smoothing=smoothing),
        )
        yield "slope through the sigmoid once more", None, partial(_twice, smoothing=smoothing)
        yield "squared errors of the sigmoid", lambda Z, y: squared(sigmoid(Z), y), None
        return
    yield LOGITS, partial(own.of_logits, smoothing=smoothing), partial(own.of_logits_backward, smoothing=smoothing)
    yield "1 - y left out", partial(_of_ones, epsilon=epsilon), partial(_of_ones_backward, epsilon=epsilon)
    yield "squared errors", squared, squared_backward
    for other in (epsilon * 1000, epsilon / 1000):
        yield (
            f"cut off at {other:g}",
            partial(own.of_probabilities, smoothing=smoothing, epsilon=other),
            partial(own.of_probabilities_backward, smoothing=smoothing, epsilon=other),
        )


def _smoothing_left_out(smoothing: float, epsilon: float | None) -> Iterator[Other]:
    """Yield the variants of the label smoothing, if there is one."""
    functions: tuple[Function, Function] = (own.of_logits, own.of_logits_backward)
    if epsilon is not None:
        functions = (
            partial(own.of_probabilities, epsilon=epsilon),
            partial(own.of_probabilities_backward, epsilon=epsilon),
        )
    if smoothing:
        cost, slope = functions
        yield "label smoothing left out", cost, slope
        yield (
            "twice the label smoothing",
            partial(cost, smoothing=2 * smoothing),
            partial(slope, smoothing=2 * smoothing),
        )


def _twice(g: Any, Z: Any, y: Any, smoothing: float) -> Any:
    """Return the slope, multiplied by that of the sigmoid once more."""
    A = sigmoid(Z)
    return product(own.of_logits_backward(g, Z, y, smoothing), A, 1 - A)


def _of_ones(A: Any, y: Any, epsilon: float) -> Any:
    """Return -y ln a, as for several classes."""
    return -y * np.log(cut_off(A, epsilon))


def _of_ones_backward(g: Any, A: Any, y: Any, epsilon: float) -> Any:
    """Return the way back of that."""
    return -product(g, y, np.reciprocal(cut_off(A, epsilon)))
