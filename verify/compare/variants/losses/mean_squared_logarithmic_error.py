"""Variants of the mean squared logarithmic error and of its slope."""

from typing import Any

import numpy as np

from reference.losses.mean_squared_error import squared, squared_backward
from reference.losses.mean_squared_logarithmic_error import logarithm
from reference.operations import product
from reference.rule import Rule
from verify.compare.variants.loss import elementwise, of_output
from verify.compare.variants.shared import VariantParts, options


def variants(rule: Rule) -> VariantParts:
    """Yield the variants of one rule of this loss, the simplest first."""
    epsilon = options(of_output(rule))["epsilon"]

    def apart(A: Any, y: Any) -> Any:
        return logarithm(A, epsilon) - logarithm(y, epsilon)

    def without_one(A: Any, y: Any) -> Any:
        D = np.log(np.maximum(A, epsilon)) - np.log(np.maximum(y, epsilon))
        return D * D

    yield from elementwise(
        rule,
        ("squared errors, without logarithms", squared, squared_backward),
        ("ln a in place of ln(1 + a)", without_one, None),
        ("differences of logarithms, not squared", lambda A, y: np.maximum(apart(A, y), -apart(A, y)), None),
        ("slope of the logarithm left out", None, lambda g, A, y: product(g, 2, apart(A, y))),
        ("1/a in place of 1/(1 + a)", None, lambda g, A, y: product(g, 2, apart(A, y)) / np.maximum(A, epsilon)),
    )
