"""Variants of the Poisson loss and of its slope."""

from functools import partial

import numpy as np

from reference.losses.poisson import poisson, poisson_backward
from reference.operations import product
from reference.rule import Rule
from verify.compare.variants.loss import elementwise, of_output
from verify.compare.variants.shared import VariantParts, options


def variants(rule: Rule) -> VariantParts:
    """Yield the variants of one rule of the Poisson loss, the simplest first."""
    epsilon = options(of_output(rule))["epsilon"]
    yield from elementwise(
        rule,
        ("ε left out", partial(poisson, epsilon=0.0), partial(poisson_backward, epsilon=0.0)),
        ("ε added outside the logarithm", lambda A, y: A - y * (np.log(A) + epsilon), None),
        ("output exchanged with label", lambda A, y: y - A * np.log(y + epsilon), None),
        ("without the output itself", lambda A, y: -y * np.log(A + epsilon), lambda g, A, y: -product(g, y / A)),
        ("of logarithms", lambda A, y: np.exp(A) - y * A, lambda g, A, y: product(g, np.exp(A) - y)),
    )
