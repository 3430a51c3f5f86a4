"""Variants of the logarithm of the hyperbolic cosine and of its slope."""

import numpy as np

from reference.layers.sigmoid import sigmoid
from reference.losses.log_cosh import LN_2, log_cosh
from reference.losses.mean_absolute_error import absolute_backward
from reference.losses.mean_squared_error import squared
from reference.operations import product
from reference.rule import Rule
from verify.compare.variants.loss import elementwise
from verify.compare.variants.shared import VariantParts


def variants(rule: Rule) -> VariantParts:
    """Yield the variants of one rule of this loss, the simplest first."""
    yield from elementwise(
        rule,
        ("ln 2 left out", lambda A, y: log_cosh(A, y) + LN_2, None),
        ("half the squares", lambda A, y: squared(A, y) * 0.5, lambda g, A, y: product(g, A - y)),
        ("slope of the absolute error", None, absolute_backward),
        ("sigmoid in place of tanh", None, lambda g, A, y: product(g, sigmoid(A - y))),
        ("tanh of half the error", None, lambda g, A, y: product(g, np.tanh((A - y) * 0.5))),
    )
