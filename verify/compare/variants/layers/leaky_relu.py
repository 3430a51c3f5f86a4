"""Variants of leaky ReLU and of its slope."""

from functools import partial
from typing import Any

import numpy as np

from reference.layers.leaky_relu import leaky_relu, leaky_relu_backward
from reference.layers.relu import relu
from reference.operations import choose
from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, no_slope, numbers, options, unchanged

AT_0 = "at 0 the mean of both slopes (central differences)"
SLOPES = (0.01, 0.1, 0.2, 0.3)  # values in common use


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of leaky ReLU, the simplest first."""
    if rule.phase == "forward":
        negative_slope = options(options(rule.compute)["f"])["negative_slope"]
        yield "activation left out", unchanged
        yield "ReLU in place of leaky ReLU", relu
        yield "leaky ReLU's sides exchanged", lambda Z: -leaky_relu(-Z)
        for slope in SLOPES:
            if slope != negative_slope:
                yield f"negative slope {slope}", partial(leaky_relu, negative_slope=slope)
        return
    yield from no_slope(rule)
    yield AT_0, partial(_mean_of_slopes, **options(rule.compute))
    yield "slope of ReLU", lambda dA, Z: dA * (Z > 0)
    yield "leaky ReLU's sides exchanged on the way back", lambda dA, Z: leaky_relu_backward(dA, -Z)
    for slope in SLOPES:
        if slope != options(rule.compute)["negative_slope"]:
            yield f"slope of leaky ReLU ({slope})", partial(leaky_relu_backward, negative_slope=slope)


def _mean_of_slopes(dA: Any, Z: Any, negative_slope: float) -> Any:
    """Return the way back with the mean of both slopes at z = 0.  Raises ValueError if no z is 0."""
    if np.all(numbers(Z) != 0):
        raise ValueError("no z is 0")
    below = dA * negative_slope
    return (choose(Z > 0, dA, below) + choose(-Z > 0, below, dA)) * 0.5
