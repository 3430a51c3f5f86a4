"""Variants of the categorical hinge loss and of its slope."""

import numpy as np

from reference.losses.categorical_hinge import categorical_hinge_backward, lacking_to_margin
from reference.operations import product
from reference.rule import Rule
from verify.compare.variants.loss import of_example
from verify.compare.variants.shared import VariantParts


def variants(rule: Rule) -> VariantParts:
    """Yield the variants of one rule of the categorical hinge loss, the simplest first."""
    yield from of_example(
        rule,
        ("margin 0", lambda A, y: np.maximum(lacking_to_margin(A, y) - 1, 0), None),
        (
            "sum of the others in place of the largest",
            lambda A, y: np.maximum(np.sum((1 - y) * A - y * A, axis=-1) + 1, 0),
            lambda g, A, y: g * (1 - 2 * y),
        ),
        ("not cut off at 0", lacking_to_margin, None),
        ("the right class alone", None, lambda g, A, y: -product(g, y)),
        (
            "squared",
            lambda A, y: np.maximum(lacking_to_margin(A, y), 0) ** 2,
            lambda g, A, y: (
                categorical_hinge_backward(g, A, y) * 2.0 * np.maximum(lacking_to_margin(A, y), 0)[..., None]
            ),
        ),
    )
