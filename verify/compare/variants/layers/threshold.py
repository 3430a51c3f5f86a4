"""Variants of the threshold and of its slope."""

from functools import partial

from reference.layers.threshold import replaced, replaced_backward
from reference.operations import choose
from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, no_slope, options, unchanged


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of a threshold, the simplest first."""
    if rule.phase == "forward":
        words = options(options(rule.compute)["f"])
        threshold, default = words["threshold"], words["default_value"]
        yield "activation left out", unchanged
        yield "z at the threshold kept", lambda Z: choose(threshold <= Z, Z, default)
        yield "threshold's sides exchanged", lambda Z: choose(threshold < Z, default, Z)
        yield "magnitude in place of z", lambda Z: choose(threshold < Z, Z, choose(threshold < -Z, Z, default))
        if default:
            yield "0 in place of the default value", partial(replaced, threshold=threshold, default_value=0.0)
        if threshold not in (0, default):
            yield "threshold in place of the default value", lambda Z: choose(threshold < Z, Z, threshold)
        for other in (threshold + 0.5, threshold - 0.5):
            yield f"threshold {other:g}", partial(replaced, threshold=other, default_value=default)
        return
    threshold = options(rule.compute)["threshold"]
    yield from no_slope(rule)
    yield "slope 1 at the threshold", lambda dA, Z: choose(threshold <= Z, dA, 0.0)
    yield "threshold's sides exchanged on the way back", lambda dA, Z: choose(threshold < Z, 0.0, dA)
    for other in (threshold + 0.5, threshold - 0.5):
        yield f"slope with threshold {other:g}", partial(replaced_backward, threshold=other)
