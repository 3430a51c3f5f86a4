"""Variants of an Embedding: other rows, other sums over the places of a row, and what optimizers make of its rows."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from reference import descent
from reference import tensor_names as names
from reference.clipping import by_norm, by_value, kept
from reference.layers.embedding import row_gradient, rows_of
from reference.rule import Rule
from verify.compare.variants.rows import SUMS, lazy, numbers_of, of_new_tables, of_terms, with_factors
from verify.compare.variants.shared import SIZES, VariantParts, options, rounded, scaled, unchanged
from verify.records.trace import Array

SHORT = ("bfloat16", "TF32")  # float16 rounds numbers of ordinary size as TF32 does


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of an Embedding, the simplest first."""
    if rule.phase == "forward":
        yield from _rows(rule)
    elif rule.phase == "backward":
        yield from _gradients(rule)
    elif names.read(rule.tensor).role == names.CLIPPED:
        yield from _clipped(rule)
    elif names.read(rule.tensor).state in ("new", "updated"):
        yield from of_new_tables(rule)
    elif names.read(rule.tensor).role == "v" and "beta_2" in options(rule.compute):
        yield from _second_moments(rule)
    elif rule.inputs[-1] == "alpha" and "term" not in options(rule.compute):
        yield from _steps(rule)
    else:
        yield from of_terms(rule)


def _rows(rule: Rule) -> VariantParts:
    """Yield the variants of Z."""
    source, W = rule.inputs
    yield "rows counted from 1", lambda X, W: rows_of(X, moved(W, 1))
    yield "rows counted from -1", lambda X, W: rows_of(X, moved(W, -1))
    yield "rows in the opposite order", lambda X, W: rows_of(X, W[::-1])
    yield "the first row for all numbers", lambda X, W: rows_of(X * 0.0, W)
    yield "a row of zeros for the number 0 (mask_zero)", lambda X, W: rows_of(X, W * _behind_first(W))
    yield "rows times the root of their length", lambda X, W: rows_of(X, W) * float(np.sqrt(W.shape[-1]))
    yield "numbers of a row in the opposite order", lambda X, W: rows_of(X, W)[..., ::-1]
    yield "numbers of another example", lambda X, W: rows_of(_of_another_example(X), W)
    yield "stale weights", rule.compute, (source, names.previous(W))
    yield "stale inputs", rule.compute, (names.previous(source), W)
    for form in SHORT:
        yield f"rows in {form}", lambda X, W, form=form: rows_of(X, rounded(W, form))


def moved(W: Any, by: int) -> Any:
    """Return a table whose rows have moved: row k is row k - `by` of W.  Raises ValueError for a single row."""
    if len(W) == 1:
        raise ValueError("one row cannot move")
    return W[(np.arange(len(W)) - by) % len(W)]


def _behind_first(W: Any) -> Array:
    """Return a mask of the rows but the first.  -> [V, 1]"""
    mask: Array = np.arange(len(W))[:, None] > 0
    return mask


def _of_another_example(X: Any) -> Any:
    """Return the numbers that the example before has.  Raises ValueError if there is one example."""
    if len(X) == 1:
        raise ValueError("there is no other example")
    return X[np.arange(len(X)) - 1]


def _gradients(rule: Rule) -> VariantParts:
    """Yield the variants of dW."""
    compute = rule.compute
    for name, change in SUMS.items():
        yield name, partial(with_factors, compute=compute, change=change)
    yield "gradients counted from row 1", lambda X, dZ: moved(compute(X, dZ), 1)
    yield "gradients counted from row -1", lambda X, dZ: moved(compute(X, dZ), -1)
    yield "mean over the batch for the sum", lambda X, dZ: compute(X, dZ) * (1 / dZ.shape[0])
    yield "one example of the batch lost", lambda X, dZ: compute(X[:-1], dZ[:-1])
    yield "no gradient of row 0 (mask_zero)", lambda X, dZ: _without_first(compute(X, dZ))
    yield "the sum of all gradients in the rows that are not used", partial(_unused_too, compute=compute)
    yield "gradient of the step before", unchanged, (names.previous(rule.tensor),)
    W = names.read(rule.tensor).base
    yield "weight decay in the gradient (1e-4)", lambda X, dZ, W: compute(X, dZ) + W * 1e-4, (*rule.inputs, W)
    for form in SHORT:
        yield f"gradients in {form}", lambda X, dZ, form=form: compute(X, rounded(dZ, form))


def _without_first(dW: Any) -> Any:
    return dW * _behind_first(dW)


def _unused_too(X: Any, dZ: Any, compute: Callable[..., Any]) -> Any:
    """Return the gradient, with the sum of all gradients in each row that is not used."""
    dW = compute(X, dZ)
    unused = ~np.isin(np.arange(len(dW)), numbers_of(X))[:, None]
    if not unused.any():
        raise ValueError("every row is used")
    return dW + np.sum(dW, axis=0, keepdims=True) * unused


def _clipped(rule: Rule) -> VariantParts:
    """Yield the variants of the sum of clipped rows."""
    rows, clip = (options(rule.compute)[name] for name in ("rows", "clip"))
    yield "clipped after the rows were added up", lambda X, dZ: clip(row_gradient(X, dZ, rows))
    yield "not clipped", partial(row_gradient, rows=rows)
    most = options(clip)["most"]
    for other in (by_norm, by_value):
        if other is not clip.func:
            yield f"clipped {other.__name__.replace('_', ' ')}", partial(rule.compute, clip=partial(other, most=most))
    for name, change in SUMS.items():
        yield name, partial(with_factors, compute=rule.compute, change=change)


def _second_moments(rule: Rule) -> VariantParts:
    """Yield the variants of Adam's v."""
    own = options(rule.compute)
    beta, rows, clip = (own[name] for name in ("beta_2", "rows", "clip"))

    def summed(X: Any, dZ: Any) -> Any:
        return row_gradient(X, clip(dZ) * clip(dZ), rows)

    def of_sum(v: Any, X: Any, dZ: Any) -> Any:
        g = row_gradient(X, clip(dZ), rows)
        return v + (g * g - v) * (1 - beta)

    yield "the square of the summed gradient", of_sum
    yield "v kept where a row is not used", partial(lazy, compute=rule.compute)
    yield "v without (1 - β2)", lambda v, X, dZ: v * beta + summed(X, dZ)
    yield "v without what was before", lambda v, X, dZ: summed(X, dZ) * (1 - beta)
    yield "v not brought up to date", unchanged, rule.inputs[:1]
    yield "v not decayed", lambda v, X, dZ: v + summed(X, dZ) * (1 - beta)
    if clip is not kept:
        yield "the gradient before it was clipped", partial(rule.compute, clip=kept)
    for size in SIZES:
        yield f"β2 × (1 - {size:g})", partial(rule.compute, beta_2=beta * (1 - size))


def _steps(rule: Rule) -> VariantParts:
    """Yield the variants of what gradient descent subtracts, and of the velocity."""
    if options(rule.compute)["clip"] is not kept:
        yield "the gradient before it was clipped", partial(rule.compute, clip=kept)
    for size in SIZES:
        for factor in (1 + size, 1 - size):
            yield f"α × {factor:.10g}", partial(_with_rate, compute=rule.compute, factor=factor)
    yield "what the step before gave", unchanged, (names.previous(rule.tensor),)
    yield "half of it", partial(scaled, rule.compute, 0.5)
    momentum = options(rule.compute).get("momentum")
    if momentum is not None:
        step = partial(descent.step_of_rows, **{name: options(rule.compute)[name] for name in ("rows", "clip")})
        sign = 1 if names.read(rule.tensor).role == names.UPDATE else -1
        yield "without the velocity", lambda m, *inputs: step(*inputs) * sign
        yield "momentum 1", lambda m, *inputs: step(*inputs) * sign - m * sign


def _with_rate(*operands: Any, compute: Callable[..., Any], factor: float) -> Any:
    *inputs, alpha = operands
    return compute(*inputs, alpha * factor)
