"""Variants of leaky ReLU and of its slope."""

from __future__ import annotations

from functools import partial

from reference.layers.leaky_relu import leaky_relu, leaky_relu_backward
from reference.layers.relu import relu
from reference.network import Network
from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, no_slope, word

SLOPES = (0.01, 0.1, 0.2, 0.3)  # values in common use


def variants(rule: Rule, network: Network) -> VariantParts:
    """Yield the variants of one rule of leaky ReLU, the simplest first."""
    inputs = rule.inputs
    if rule.phase == "forward":
        negative_slope = word(rule.compute.keywords["f"], "negative_slope")  # type: ignore[attr-defined]
        yield "activation left out", inputs, lambda Z: Z * 1.0
        yield "ReLU in place of leaky ReLU", inputs, relu
        yield "leaky ReLU's sides exchanged", inputs, lambda Z: -leaky_relu(-Z)
        for slope in SLOPES:
            if slope != negative_slope:
                yield f"negative slope {slope}", inputs, partial(leaky_relu, negative_slope=slope)
        return
    yield from no_slope(rule)
    yield "slope of ReLU", inputs, lambda dA, Z: dA * (Z > 0)
    yield "leaky ReLU's sides exchanged on the way back", inputs, lambda dA, Z: leaky_relu_backward(dA, -Z)
    for slope in SLOPES:
        if slope != word(rule.compute, "negative_slope"):
            yield f"slope of leaky ReLU ({slope})", inputs, partial(leaky_relu_backward, negative_slope=slope)
