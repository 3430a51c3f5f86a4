"""Variants of the Kullback-Leibler divergence and of its slope."""

from functools import partial

import numpy as np

from reference.losses.kl_divergence import divergence, divergence_backward, limited
from reference.operations import product
from reference.rule import Rule
from verify.compare.variants.loss import of_each, of_example
from verify.compare.variants.shared import VariantParts, options


def variants(rule: Rule) -> VariantParts:
    """Yield the variants of one rule of the divergence, the simplest first."""
    epsilon = options(of_each(rule))["epsilon"]
    yield from of_example(
        rule,
        (
            "labels exchanged with outputs",
            lambda A, y: divergence(y, A, epsilon),
            lambda g, A, y: product(g, np.log(limited(A, epsilon) / limited(y, epsilon)) + 1),
        ),
        ("the entropy of the labels left out", lambda A, y: -np.sum(y * np.log(limited(A, epsilon)), axis=-1), None),
        ("slope of the logarithm alone", None, lambda g, A, y: -product(g, np.reciprocal(limited(A, epsilon)))),
        *(
            (
                f"limited to {other:g}",
                partial(divergence, epsilon=other),
                partial(divergence_backward, epsilon=other),
            )
            for other in (epsilon * 1000, epsilon / 1000)
        ),
    )
