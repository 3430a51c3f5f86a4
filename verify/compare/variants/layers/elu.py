"""Variants of ELU and of its slope."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from reference.layers.elu import elu
from reference.layers.relu import relu
from reference.network import Network
from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, no_slope, word

ALPHAS = (0.1, 0.5, 1.0, 1.6733)  # values in common use; the last is SELU's


def variants(rule: Rule, network: Network) -> VariantParts:
    """Yield the variants of one rule of ELU, the simplest first."""
    inputs = rule.inputs
    if rule.phase == "forward":
        alpha = word(rule.compute.keywords["f"], "alpha")  # type: ignore[attr-defined]
        yield "activation left out", inputs, lambda Z: Z * 1.0
        yield "ReLU in place of ELU", inputs, relu
        yield "e^z without its 1", inputs, lambda Z: Z * (Z > 0) + np.exp(np.minimum(Z, 0)) * alpha * (Z <= 0)
        for other in ALPHAS:
            if other != alpha:
                yield f"α = {other}", inputs, partial(elu, alpha=other)
        return
    yield from no_slope(rule)
    yield "slope of ReLU", inputs, lambda dA, Q: dA * (Q > 0)
    yield "slope a in place of a + 1", inputs, _without_one


def _without_one(dA: Any, Q: Any) -> Any:
    """Return dA times a slope that lacks the 1 where Q is not positive."""
    return dA * (Q > 0) + dA * Q * (Q <= 0)
