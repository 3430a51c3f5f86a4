"""Variants of the orthogonal regularizer."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from reference.layers.unit_normalization import unit, unit_gradient
from reference.operations import added, divided, product, rounded_as, sign
from reference.orthogonal import ALONG, EPSILON, cosines, mean_cosine, mean_cosine_slope, pairs
from verify.compare.variants.shared import SIZES, options

Function = Callable[..., Any]
OTHER = {"rows": "columns", "columns": "rows"}


def variants(compute: Function) -> Iterator[tuple[str, Function]]:
    """Yield the names of what people do in place of the penalty or of its slope, and the function of each."""
    own = compute.func if isinstance(compute, partial) else compute
    if own not in (mean_cosine, mean_cosine_slope):
        return
    found = options(compute)
    mode = found["mode"]
    changed: Function = _cost if own is mean_cosine else _slope
    yield "penalty counted twice", lambda P: compute(P) * 2.0
    yield "half the penalty", lambda P: compute(P) * 0.5
    yield "sign of the penalty", lambda P: -compute(P)
    yield "rows for columns, or columns for rows", partial(own, **found | {"mode": OTHER[mode]})
    yield "squares of the cosines", partial(changed, **found, squared=True)
    yield "vectors not brought to the length 1", partial(changed, **found, as_they_are=True)
    yield "not divided by the number of pairs", lambda P: compute(P) * pairs(P, mode)
    if own is mean_cosine:  # the length of a unit vector has no slope
        yield "diagonal not removed", partial(changed, **found, diagonal=True)
    else:
        yield "slope without that of the lengths", partial(changed, **found, lengths=False)
    for size in SIZES[:3]:
        yield f"λ × {1 + size:g}", partial(own, **found | {"factor": found["factor"] * (1 + size)})


def _cost(
    P: Any, factor: float, mode: str, squared: bool = False, as_they_are: bool = False, diagonal: bool = False
) -> Any:
    """Return another penalty."""
    U = P if as_they_are else unit(P, axes=ALONG[mode], least=EPSILON)
    S = (U @ U.T if mode == "rows" else U.T @ U) if diagonal else cosines(U, mode)
    total = np.sum(S * S) if squared else np.sum(np.maximum(S, -S))
    return divided(product(rounded_as(factor, P), 0.5, total), pairs(P, mode))


def _slope(
    P: Any, factor: float, mode: str, squared: bool = False, as_they_are: bool = False, lengths: bool = True
) -> Any:
    """Return the slope of another penalty, or one that leaves out a part."""
    U = P if as_they_are else unit(P, axes=ALONG[mode], least=EPSILON)
    S = cosines(U, mode)
    slope = 2.0 * S if squared else sign(S)
    dS = divided(product(rounded_as(factor, P), 0.5), pairs(P, mode)) * slope
    dU = added(dS @ U, dS.T @ U) if mode == "rows" else added(U @ dS.T, U @ dS)
    if as_they_are or not lengths:
        return dU
    return unit_gradient(dU, P, axes=ALONG[mode], least=EPSILON)
