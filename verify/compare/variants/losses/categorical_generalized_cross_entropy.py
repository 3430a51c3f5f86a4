"""Variants of the generalized cross-entropy and of its slope."""

from functools import partial
from typing import Any

import numpy as np

from reference.losses.categorical_generalized_cross_entropy import generalized, generalized_backward
from reference.operations import product
from reference.rule import Rule
from verify.compare.variants.loss import of_each, of_example
from verify.compare.variants.shared import VariantParts, options


def variants(rule: Rule) -> VariantParts:
    """Yield the variants of one rule of the generalized cross-entropy, the simplest first."""
    q = options(of_each(rule))["q"]

    def right(A: Any, y: Any) -> Any:
        return np.sum(A * y, axis=-1, keepdims=True)

    yield from of_example(
        rule,
        ("not over q", lambda A, y: generalized(A, y, q) * q, None),
        ("1 - q in place of q", partial(generalized, q=1 - q), partial(generalized_backward, q=1 - q)),
        ("cross-entropy", lambda A, y: -np.log(np.sum(A * y, axis=-1)), lambda g, A, y: -product(g, y / right(A, y))),
        ("absolute error", lambda A, y: 1 - np.sum(A * y, axis=-1), lambda g, A, y: -product(g, y)),
        ("times q", None, lambda g, A, y: generalized_backward(g, A, y, q) * q),
        ("p^q in place of p^(q - 1)", None, lambda g, A, y: -product(g, right(A, y) ** q, y)),
    )
