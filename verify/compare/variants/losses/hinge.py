"""Variants of the hinge loss and of its slope."""

import numpy as np

from reference.losses.hinge import lacking, signs
from reference.losses.squared_hinge import squared_hinge, squared_hinge_backward
from reference.operations import choose
from reference.rule import Rule
from verify.compare.variants.loss import elementwise
from verify.compare.variants.shared import VariantParts


def variants(rule: Rule) -> VariantParts:
    """Yield the variants of one rule of the hinge loss, the simplest first."""
    yield from elementwise(
        rule,
        (
            "labels 0 not turned into -1",
            lambda A, y: np.maximum(1 - y * A, 0),
            lambda g, A, y: choose(y * A <= 1, -g * y, 0.0),
        ),
        ("squared", squared_hinge, squared_hinge_backward),
        ("margin 0", None, lambda g, A, y: choose(signs(y) * A <= 0, -g * signs(y), 0.0)),
        ("not cut off at 0", lacking, lambda g, A, y: -g * signs(y)),
    )
