"""Variants of activity regularizers."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from reference.activity import mean_of_sizes, slope_of_sizes
from verify.compare.variants.shared import SIZES, options

Function = Callable[..., Any]


def variants(compute: Function) -> Iterator[tuple[str, Function]]:
    """Yield the names of what people do in place of the penalty or of its slope, and the function of each."""
    own = compute.func if isinstance(compute, partial) else compute
    if own not in (mean_of_sizes, slope_of_sizes):
        return
    l1, l2 = options(compute)["l1"], options(compute)["l2"]
    yield "penalty not divided by the batch", lambda A: compute(A) * float(len(A))
    yield "penalty divided by all numbers", lambda A: compute(A) * (len(A) / float(np.prod(A.shape)))
    yield "half the penalty", lambda A: compute(A) * 0.5
    yield "penalty counted twice", lambda A: compute(A) * 2.0
    yield "sign of the penalty", lambda A: -compute(A)
    yield "λ1 exchanged with λ2", partial(own, l1=l2, l2=l1)
    for size in SIZES[:3]:
        yield f"λ × {1 + size:g}", partial(own, l1=l1 * (1 + size), l2=l2 * (1 + size))
