"""Variants of soft shrink and of its slope."""

import numpy as np

from reference.layers.hard_shrink import beyond_the_threshold, hard_shrink
from reference.operations import choose
from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, no_slope, options, unchanged

THRESHOLDS = (0.1, 0.25, 1.0)


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of soft shrink, the simplest first."""
    forward = rule.phase == "forward"
    threshold = options(options(rule.compute)["f"] if forward else rule.compute)["threshold"]
    if forward:
        yield "activation left out", unchanged
        yield "hard shrink in place of soft shrink", lambda Z: hard_shrink(Z, threshold)
        yield "soft shrink, 0 below 0", lambda Z: np.maximum(Z - threshold, 0)
        yield (
            "moved away from 0",
            lambda Z: choose(threshold < Z, Z + threshold, choose(-threshold > Z, Z - threshold, 0.0)),
        )
        for other in (t for t in THRESHOLDS if t != threshold):
            yield f"threshold {other}", lambda Z, other=other: np.maximum(Z - other, 0) + np.minimum(Z + other, 0)
        return
    yield from no_slope(rule)
    yield "slope 1 at the threshold", lambda dA, Z: choose(np.maximum(Z, -Z) >= threshold, dA, 0.0)
    yield "slope of small numbers", lambda dA, Z: dA - beyond_the_threshold(Z, dA, threshold)
    yield "slope of soft shrink, 0 below 0", lambda dA, Z: choose(threshold < Z, dA, 0.0)
    for other in (t for t in THRESHOLDS if t != threshold):
        yield f"slope with threshold {other}", lambda dA, Z, other=other: choose(np.maximum(Z, -Z) > other, dA, 0.0)
