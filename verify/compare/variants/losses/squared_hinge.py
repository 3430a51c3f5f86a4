"""Variants of the squared hinge loss and of its slope."""

import numpy as np

from reference.losses.hinge import hinge, hinge_backward, lacking, signs
from reference.operations import product
from reference.rule import Rule
from verify.compare.variants.loss import elementwise
from verify.compare.variants.shared import VariantParts


def variants(rule: Rule) -> VariantParts:
    """Yield the variants of one rule of the squared hinge loss, the simplest first."""
    yield from elementwise(
        rule,
        (
            "labels 0 not turned into -1",
            lambda A, y: np.maximum(1 - y * A, 0) ** 2,
            lambda g, A, y: product(g, -2, y, np.maximum(1 - y * A, 0)),
        ),
        ("not squared", hinge, hinge_backward),
        (
            "not cut off at 0",
            lambda A, y: lacking(A, y) * lacking(A, y),
            lambda g, A, y: product(g, -2, lacking(A, y), signs(y)),
        ),
    )
