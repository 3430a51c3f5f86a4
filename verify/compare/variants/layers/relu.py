"""Variants of ReLU and of the mask of its gradient."""

from functools import partial

import numpy as np

from reference.layers.relu import bent, bent_backward, relu
from reference.layers.sigmoid import sigmoid
from reference.rule import Rule
from reference.tensor_names import previous
from verify.compare.variants.shared import VariantParts, no_slope, options, unchanged

KERAS = "Keras: ReLU"  # the equation of a ReLU with options


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of ReLU, the simplest first."""
    if rule.equation == KERAS or "edge" in options(rule.compute):
        yield from _of_bent(rule)
        return
    if rule.phase == "forward":
        yield "activation left out", unchanged
        yield "ReLU leaks (0.01)", lambda Z: np.maximum(Z, Z * 0.01)
        yield "ReLU cut off at 6", lambda Z: -np.maximum(-np.maximum(Z, 0), -6.0)
        yield "sigmoid in place of ReLU", sigmoid
        return
    dA, Z = rule.inputs
    yield "mask missing", lambda dA, Z: dA * 1.0
    yield "(18b) as printed, mask Z ≥ 0", lambda dA, Z: dA * ~(-Z > 0)
    yield "mask inverted", lambda dA, Z: dA * ~(Z > 0)
    yield "mask of the wrong example", lambda dA, Z: dA * np.roll(Z > 0, 1, axis=0)
    yield "mask of the step before", rule.compute, (dA, previous(Z))
    yield "slope of leaky ReLU (0.01)", lambda dA, Z: dA * (Z > 0) + dA * ~(Z > 0) * 0.01


def _of_bent(rule: Rule) -> VariantParts:
    """Yield the variants of a ReLU with options: one option left out, or changed."""
    forward = rule.phase == "forward"
    words = options(options(rule.compute)["f"] if forward else rule.compute)
    function = bent if forward else bent_backward
    if forward:
        yield "activation left out", unchanged
        yield "ReLU without its options", relu
    else:
        yield from no_slope(rule)
        yield "slope of ReLU without its options", lambda dA, Z: dA * (Z > 0)
    if words["max_value"] is not None:
        yield "not cut off at its largest value", partial(function, **{**words, "max_value": None})
        yield "largest value too large by 1", partial(function, **{**words, "max_value": words["max_value"] + 1})
    if words["negative_slope"]:
        yield "no slope below the threshold", partial(function, **{**words, "negative_slope": 0.0})
        other = 0.01 if words["negative_slope"] != 0.01 else 0.1
        yield f"negative slope {other}", partial(function, **{**words, "negative_slope": other})
    if words["threshold"]:
        yield "threshold 0", partial(function, **{**words, "threshold": 0.0, "edge": 0.0})
        if forward:
            threshold = words["threshold"]
            yield "threshold subtracted", lambda Z: rule.compute(Z) - threshold * (threshold < Z)
