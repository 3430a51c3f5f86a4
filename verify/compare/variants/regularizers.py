"""Variants of regularizers and constraints."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from reference.branches import Part, gradient_of_branches
from reference.constraints import not_negative
from reference.regularizers import (
    absolute_slope,
    absolute_sum,
    both_slopes,
    both_sums,
    squared_slope,
    squared_sum,
)
from reference.rule import Rule
from verify.compare.variants import activity, orthogonal
from verify.compare.variants.shared import SIZES, VariantParts, options, unchanged

Function = Callable[..., Any]
OTHER: dict[Function, Function] = {
    absolute_sum: squared_sum, squared_sum: absolute_sum, absolute_slope: squared_slope, squared_slope: absolute_slope,
}  # fmt: skip


def variants(rule: Rule) -> VariantParts:
    """Yield the variants of a penalty, or of its slope."""
    yield from ((name, function) for name, function in _wrong(rule.compute))


def of_branches(parts: tuple[Part, ...]) -> VariantParts:
    """Yield the variants of a gradient that has a part from a regularizer."""
    for k, (compute, count) in enumerate(parts):
        for name, wrong in _wrong(compute):
            changed = (*parts[:k], (wrong, count), *parts[k + 1 :])
            yield name, partial(gradient_of_branches, parts=changed)


def _wrong(compute: Function) -> Iterator[tuple[str, Function]]:
    """Yield the names of what people do in place of a penalty or of its slope, and the function of each."""
    found = {name: size for name, size in options(compute).items() if name in ("factor", "l1", "l2")}
    yield from orthogonal.variants(compute)
    yield from activity.variants(compute)
    own = compute.func if isinstance(compute, partial) else compute
    if own not in (*OTHER, both_sums, both_slopes):
        return
    yield "factor 2 of L2" if own is squared_slope else "half the penalty", lambda P: compute(P) * 0.5
    yield "penalty counted twice", lambda P: compute(P) * 2.0
    yield "sign of the penalty", lambda P: -compute(P)
    yield "penalty divided by the number of weights", lambda P: compute(P) * (1 / float(np.prod(P.shape)))
    if own in OTHER:
        yield "L1 in place of L2, or L2 in place of L1", partial(OTHER[own], **found)
    else:
        yield "λ1 exchanged with λ2", partial(own, l1=found["l2"], l2=found["l1"])
    yield "root of the sum of squares", lambda P: compute(P) / np.sqrt(np.sum(P * P))
    for size in SIZES[:3]:
        yield f"λ × {1 + size:g}", partial(own, **{name: factor * (1 + size) for name, factor in found.items()})


def of_constraint(rule: Rule) -> VariantParts:
    """Yield the variants of a constraint."""
    compute = rule.compute
    yield "constraint left out", unchanged
    if compute is not_negative:
        yield "size in place of the positive part", lambda P: np.maximum(P, -P)
        return
    found = options(compute)
    yield "norm of the whole", partial(compute, axes=tuple(range(-len(found["axes"]) - 1, 0)))
    yield "ε left out", partial(compute, epsilon=0.0)
    if "most" in found:
        yield "brought to the norm, longer or shorter", partial(compute, least=found["most"])
        yield "limit squared", partial(compute, most=found["most"] ** 2, least=min(found["least"], found["most"] ** 2))
        for size in SIZES[:3]:
            yield f"limit × {1 + size:g}", partial(compute, most=found["most"] * (1 + size))
    yield "constrained twice", lambda P: compute(compute(P))
