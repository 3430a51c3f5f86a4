"""Variants of what optimizers make of the single rows of an embedding's gradient, for any term of a row."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from reference import tensor_names as names
from reference.clipping import kept
from reference.operations import added_rows
from reference.rule import Rule
from verify.bounds import Ball
from verify.compare.variants.shared import SIZES, VariantParts, options, scaled, unchanged
from verify.records.trace import Array


def _last(found: Array) -> Array:
    """Return a mask of the last place of each row."""
    return _first(found[::-1])[::-1]


def _first(found: Array) -> Array:
    """Return a mask of the first place of each row."""
    mask = np.zeros(found.shape, dtype=bool)
    mask[np.unique(found, return_index=True)[1]] = True
    return mask


def _mean(found: Array) -> Array:
    """Return 1 / the number of places that have the same row."""
    _, inverse, counts = np.unique(found, return_inverse=True, return_counts=True)
    return np.asarray(1 / counts)[inverse.reshape(-1)]


SUMS: dict[str, Callable[[Array], Array]] = {
    "of a row used several times, the last gradient alone": _last,
    "of a row used several times, the first gradient alone": _first,
    "of a row used several times, the mean of the gradients": _mean,
    "of a row used several times, the last gradient lost": lambda found: ~_last(found) | _first(found),
}


def numbers_of(x: Any) -> Array:
    """Return the numbers of an array, or the values of a ball."""
    numbers: Array = x.value if isinstance(x, Ball) else x
    return numbers


def with_factors(X: Any, dZ: Any, compute: Callable[..., Any], change: Callable[[Array], Array]) -> Any:
    """Return the sums with a factor for each place.  Raises ValueError if no row is used several times."""
    found = numbers_of(X)
    factors = change(found.ravel()).reshape(*found.shape, 1)
    if factors.all() and np.all(factors == 1):
        raise ValueError("no row is used several times")
    return compute(X, dZ * factors)


def of_terms(rule: Rule) -> VariantParts:
    """Yield the variants of a moment or of an update that is a sum of terms of single rows."""
    own = options(rule.compute)
    start = int(names.read(rule.inputs[0]).is_kept)  # a moment is read first
    yield "the term of the summed gradient", partial(_of_sum, rule.compute, start)
    for name, change in SUMS.items():
        yield name, partial(_changed, rule.compute, start, change)
    if own["clip"] is not kept:
        yield "the gradient before it was clipped", partial(rule.compute, clip=kept)
    if start:
        yield "not brought up to date", unchanged, rule.inputs[:1]
        yield "kept where a row is not used", partial(lazy, compute=rule.compute)
    if "keep" in own:
        yield from _of_kept_part(rule)
    yield "what the step before gave", unchanged, (names.previous(rule.tensor),)
    yield "half of it", partial(scaled, rule.compute, 0.5)
    for size in SIZES:
        for factor in (1 + size, 1 - size):
            yield f"all × {factor:.10g}", partial(scaled, rule.compute, factor)


def _of_kept_part(rule: Rule) -> VariantParts:
    """Yield the variants of the part of a moment that is kept."""
    keep = options(rule.compute)["keep"]
    yield "without what was before", partial(rule.compute, keep=0.0)
    if keep != 1:
        yield "what was before kept whole", partial(rule.compute, keep=1.0)
    for size in SIZES:
        yield f"kept part × (1 - {size:g})", partial(rule.compute, keep=keep * (1 - size))


def _changed(compute: Callable[..., Any], start: int, change: Callable[[Array], Array], *operands: Any) -> Any:
    """Return the result of a rule of rows with a factor for each place."""
    before, (X, dZ), read = operands[:start], operands[start : start + 2], operands[start + 2 :]
    return with_factors(X, dZ, lambda X, dZ: compute(*before, X, dZ, *read), change)


def _of_sum(compute: Callable[..., Any], start: int, *operands: Any) -> Any:
    """Return the result of a rule of rows, computed from the sum of the clipped gradients of each row."""
    before, (X, dZ), read = operands[:start], operands[start : start + 2], operands[start + 2 :]
    rows, clip = (options(compute)[name] for name in ("rows", "clip"))
    total = added_rows(0, clip(dZ), X, np.arange(rows))
    return partial(compute, clip=kept)(*before, np.arange(rows) * 1.0, total, *read)


def lazy(before: Any, X: Any, *read: Any, compute: Callable[..., Any]) -> Any:
    """Return a moment, with that of the step before where a row is not used (as TensorFlow's LazyAdam has it)."""
    used = np.isin(np.arange(len(before)), numbers_of(X))[:, None]
    return compute(before, X, *read) * used + before * ~used


def of_new_tables(rule: Rule) -> VariantParts:
    """Yield the variants of the table after a step of the single rows."""
    P = rule.inputs[0]
    yield "sign of the update", lambda P, *read: P * 2 - rule.compute(P, *read)
    yield "update skipped", unchanged, (P,)
    yield "update applied twice", lambda P, *read: rule.compute(P, *read) * 2 - P
    yield "update of stale weights", rule.compute, (names.previous(P), *rule.inputs[1:])
    yield "weight decay (1e-4)", lambda P, *read: rule.compute(P * (1 - 1e-4), *read)
    if options(rule.compute)["clip"] is not kept:
        yield "the gradient before it was clipped", partial(rule.compute, clip=kept)
    for name, change in SUMS.items():
        yield name, partial(_changed, rule.compute, 1, change)
