"""Variants of Adafactor's means of squares and of its update."""

from functools import partial
from typing import Any

import numpy as np

from reference import tensor_names as names
from reference.operations import choose, rounded_as
from reference.optimizers.adafactor import Adafactor, from_factors, root_mean_square, size, update
from reference.rule import Rule
from verify.compare.variants.moments import of_moment, of_stale_moments, size_of
from verify.compare.variants.shared import SIZES, VariantParts, options, scaled, unchanged
from verify.compare.variants.update import of_any_update, of_unclipped_gradient


def variants(rule: Rule, optimizer: Adafactor) -> VariantParts:
    """Yield the variants of one rule of Adafactor, the simplest first."""
    name = names.read(rule.tensor)
    if name.role == names.UPDATE:
        yield from of_any_update(rule)
        yield from _updates(rule, optimizer)
    elif "beta_2_decay" in options(rule.compute):
        yield from _means(rule, optimizer)
    else:
        yield from _products(rule)


def _means(rule: Rule, optimizer: Adafactor) -> VariantParts:
    """Yield the variants of a mean of squares."""
    compute, g, gamma = rule.compute, rule.inputs[1], optimizer.beta_2_decay
    axis = options(compute).get("axis")
    yield "β2 exchanged with 1 - β2", lambda v, g, t: _mixed(compute, v, g, t, t**gamma)
    for beta in (0.999, 0.99, 0.9):
        yield f"β2 = {beta}", lambda v, g, t, beta=beta: _mixed(compute, v, g, t, beta)
    yield "t + 1 in β2", lambda v, g, t: compute(v, g, t + 1)
    yield "t - 1 in β2", lambda v, g, t: _mixed(compute, v, g, t, 1 - (t - 1) ** gamma)
    yield "without (1 - β2)", lambda v, g, t: v * (1 - t**gamma) + _new(compute, v, g)
    yield "without what was before", lambda v, g, t: _new(compute, v, g) * t**gamma
    yield "the squares of this step alone", lambda v, g, t: _new(compute, v, g)
    yield "what was before not decayed", lambda v, g, t: v + _new(compute, v, g) * t**gamma
    for other in (-0.5, -0.65, -0.8, -1.0):
        if other != gamma:
            yield f"γ = {other} in β2", partial(compute, beta_2_decay=other)
    for other in (1e-3, 1e-6, 1e-8):
        if other != optimizer.epsilon_1:
            yield f"ε1 = {other:g}", partial(compute, epsilon_1=other)
    if axis is not None:
        yield "sum in place of the mean", lambda v, g, t: _summed(compute, v, g, t, g.shape[axis])
        yield "mean along the other axis", partial(compute, axis=-3 - axis)
        yield "square of the mean gradient", lambda v, g, t: _of_mean(compute, v, g, t, axis)
        yield "the largest square in place of the mean", lambda v, g, t: _of_largest(compute, v, g, t, axis)
    yield "|g| in place of g²", lambda v, g, t: compute(v, np.sqrt(size_of(g)), t)
    for change in SIZES:
        yield f"all × {1 + change:.10g}", partial(scaled, compute, 1 + change)
    yield from of_moment(rule, g)


def _new(compute: Any, v: Any, g: Any) -> Any:
    """Return what the squares of a gradient add in the first step."""
    return compute(v * 0.0, g, 1.0)


def _mixed(compute: Any, v: Any, g: Any, t: Any, beta: Any) -> Any:
    return v * beta + _new(compute, v, g) * (1 - beta)


def _summed(compute: Any, v: Any, g: Any, t: Any, count: int) -> Any:
    return compute(v, g, t) + (_new(compute, v, g) * t ** options(compute)["beta_2_decay"]) * (count - 1)


def _of_mean(compute: Any, v: Any, g: Any, t: Any, axis: int) -> Any:
    average = np.sum(g, axis=axis, keepdims=True) / g.shape[axis]
    return compute(v, average + g * 0.0, t)


def _of_largest(compute: Any, v: Any, g: Any, t: Any, axis: int) -> Any:
    return compute(v, np.max(size_of(g), axis=axis, keepdims=True) + g * 0.0, t)


def _products(rule: Rule) -> VariantParts:
    """Yield the variants of v, the product of a row's and a column's mean."""
    r, c, g = rule.inputs
    yield "not divided by the mean of the rows", lambda r, c, g: from_factors(r, c, g) * _mean_of(r)
    yield "divided by the sum of the rows", lambda r, c, g: from_factors(r, c, g) / g.shape[-2]
    yield "divided by the mean of the columns too", lambda r, c, g: from_factors(r, c, g) / _mean_of(c)
    yield "divided by the root of the mean of the rows", lambda r, c, g: from_factors(r, c, g) * np.sqrt(_mean_of(r))
    yield "r of the step before", from_factors, (names.before(r), c, g)
    yield "c of the step before", from_factors, (r, names.before(c), g)
    yield "r and c of the step before", from_factors, (names.before(r), names.before(c), g)
    yield "square of the gradient, not factored", lambda g: g * g, (g,)
    yield "rows alone", lambda r, c, g: from_factors(r, c * 0.0 + 1.0, g) * _mean_of(r)
    yield "columns alone", lambda r, c, g: from_factors(r * 0.0 + 1.0, c, g)
    yield "not brought up to date", unchanged, (names.before(rule.tensor),)
    for change in SIZES:
        yield f"all × {1 + change:.10g}", partial(scaled, rule.compute, 1 + change)


def _mean_of(r: Any) -> Any:
    """Return the mean along the last axis, with the axes of a matrix."""
    found = np.sum(r, axis=-1, keepdims=True) / r.shape[-1]
    return found if found.ndim <= 2 else found[..., None]


def _updates(rule: Rule, optimizer: Adafactor) -> VariantParts:
    """Yield the variants of the update."""
    (held, g), d, small = rule.inputs[:2], optimizer.clip_threshold, optimizer.epsilon_2
    P = names.read(held).base

    def u(g: Any, v: Any) -> Any:
        return g / np.sqrt(v)

    def cut(g: Any, v: Any, threshold: float = d) -> Any:
        step = u(g, v)
        return step / np.maximum(rounded_as(1.0, step), root_mean_square(step) / threshold)

    yield "update not clipped", lambda P, g, v, t, a: u(g, v) * size(P, t, a, small)
    yield (
        "update brought to the threshold, longer or shorter",
        lambda P, g, v, t, a: u(g, v) / (root_mean_square(u(g, v)) / d) * size(P, t, a, small),
    )
    yield "each number clipped", lambda P, g, v, t, a: _within(u(g, v), d) * size(P, t, a, small)
    yield (
        "clipped by the length, not by its root mean square",
        lambda P, g, v, t, a: (
            u(g, v) / np.maximum(rounded_as(1.0, g), np.sqrt(np.sum(u(g, v) * u(g, v))) / d) * size(P, t, a, small)
        ),
    )
    yield "no root", lambda P, g, v, t, a: update(P, g, v * v, t, a, small, d)
    yield "size of the parameters left out", lambda P, g, v, t, a: cut(g, v) * np.minimum(a, 1 / np.sqrt(t))
    yield (
        "length of the parameters for their root mean square",
        lambda P, g, v, t, a: (
            cut(g, v) * np.maximum(rounded_as(small, P), np.sqrt(np.sum(P * P))) * np.minimum(a, 1 / np.sqrt(t))
        ),
    )
    yield (
        "without 1/√t (relative_step=False)",
        lambda P, g, v, t, a: cut(g, v) * np.maximum(rounded_as(small, P), root_mean_square(P)) * a,
    )
    yield "1/√t in place of the learning rate", lambda P, g, v, t, a: cut(g, v) * size(P, t, 1.0, small)
    yield "the paper's 0.01 in place of the learning rate", lambda P, g, v, t, a: cut(g, v) * size(P, t, 0.01, small)
    yield "1/t in place of 1/√t", lambda P, g, v, t, a: cut(g, v) * size(P, t * t, a, small)
    for other in (1e-30, 1e-8, 1e-2, 1e-1):
        yield f"ε2 = {other:g}", partial(rule.compute, epsilon_2=other)
    for other in (0.5, 0.9, 1.0, 2.0):
        if other != d:
            yield f"threshold {other:g}", partial(rule.compute, clip_threshold=other)
    if held != P:
        yield "size of the parameters before their decay", rule.compute, (P, *rule.inputs[1:])
    yield "size of the parameters of the step before", rule.compute, (names.previous(P), *rule.inputs[1:])
    yield from of_stale_moments(rule)
    yield from of_unclipped_gradient(rule, g)


def _within(u: Any, most: float) -> Any:
    """Return u with each number kept within ± most."""
    return choose(u > most, u * 0.0 + most, choose(u < -most, u * 0.0 - most, u))
