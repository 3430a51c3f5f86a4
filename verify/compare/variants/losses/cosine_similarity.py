"""Variants of the cosine similarity and of its slope."""

import numpy as np

from reference.losses.cosine_similarity import inverse_length, minus_cosine, minus_cosine_backward, unit
from reference.operations import product
from reference.rule import Rule
from verify.compare.variants.loss import of_each, of_example
from verify.compare.variants.shared import VariantParts, options


def variants(rule: Rule) -> VariantParts:
    """Yield the variants of one rule of the cosine similarity, the simplest first."""
    epsilon = options(of_each(rule))["epsilon"]
    yield from of_example(
        rule,
        ("sign left out", lambda A, y: -minus_cosine(A, y, epsilon), None),
        ("1 more", lambda A, y: 1 + minus_cosine(A, y, epsilon), None),
        (
            "not brought to the length 1",
            lambda A, y: -np.sum(A * y, axis=-1),
            lambda g, A, y: -product(g, y),
        ),
        (
            "labels not brought to the length 1",
            lambda A, y: -np.sum(unit(A, epsilon) * y, axis=-1),
            lambda g, A, y: minus_cosine_backward(g, A, y, epsilon) / inverse_length(y, epsilon),
        ),
        (
            "the length taken for a constant",
            None,
            lambda g, A, y: -product(g, unit(y, epsilon), inverse_length(A, epsilon)),
        ),
    )
