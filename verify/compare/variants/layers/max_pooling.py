"""Variants of max pooling: other numbers of the window, other windows, and gradients that go to other cells."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from reference.layers.average_pooling import mean, mean_gradient
from reference.layers.max_pooling import largest, largest_gradient
from reference.layers.pooling import cells
from reference.operations import choose, first_largest, take
from reference.rule import Rule
from reference.selection import readers_of
from reference.sliding import Sliding
from verify.compare.variants.pooling import other_windows
from verify.compare.variants.shared import VariantParts, options


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of a max pooling, the simplest first."""
    sliding = options(rule.compute)["sliding"]
    if rule.phase == "forward":
        yield "mean of the window in place of the maximum", partial(mean, sliding=sliding)
        yield "smallest of the window in place of the largest", lambda X: -largest(-X, sliding)
        yield (
            "first of the window in place of the largest",
            lambda X: take(X, cells(sliding, X.shape[-1])[0])[:, :, 0].reshape(len(X), *sliding.outputs, X.shape[-1]),
        )
        yield (
            "largest magnitude in place of the largest",
            lambda X: np.maximum(largest(X, sliding), largest(-X, sliding)),
        )
        for name, other in other_windows(sliding):
            yield name, partial(largest, sliding=other)
        return
    yield "gradient to the smallest of the window", lambda dP, X: largest_gradient(dP, -X, sliding)
    yield "gradient to every cell of the window", lambda dP, X: _sent(dP, X, lambda T: T >= T - 1, sliding)
    yield (
        "gradient to every largest cell",
        lambda dP, X: _sent(dP, X, lambda T: np.max(T, axis=2, keepdims=True) <= T, sliding),
    )
    yield "of several largest cells, the last gets the gradient", lambda dP, X: _last(dP, X, sliding)
    yield "gradient shared by the window, as of a mean", lambda dP, X: mean_gradient(dP, sliding)
    yield "gradient divided by the size of the window", lambda dP, X: rule.compute(dP, X) / np.prod(sliding.kernel)
    for name, other in other_windows(sliding):
        yield name, partial(largest_gradient, sliding=other)


def _sent(dP: Any, X: Any, chosen: Callable[[Any], Any], sliding: Sliding) -> Any:
    """Return the gradient that goes to the chosen cells of each window."""
    places, shown = cells(sliding, X.shape[-1])
    each = dP.reshape(len(dP), len(places), 1, X.shape[-1])
    return np.sum(take(choose(chosen(take(X, places)), each, 0.0), shown), axis=-1)


def _last(dP: Any, X: Any, sliding: Sliding) -> Any:
    """Return the gradient that goes to the last of the largest cells of each window."""
    places, _ = cells(sliding, X.shape[-1])
    backwards = places[:, ::-1]
    each = dP.reshape(len(dP), len(places), 1, X.shape[-1])
    sent = choose(first_largest(take(X, backwards)), each, 0.0)
    return np.sum(take(sent, readers_of(backwards, X.shape[1:])), axis=-1)
