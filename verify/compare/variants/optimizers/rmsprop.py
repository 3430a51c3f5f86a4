"""Variants of RMSprop's mean square, mean gradient, velocity and update."""

from functools import partial
from typing import Any

import numpy as np

from reference import tensor_names as names
from reference.optimizers.rmsprop import RMSprop
from reference.rule import Rule
from verify.compare.variants.moments import (
    of_epsilon,
    of_mean,
    of_moment,
    of_stale_moments,
    of_taken_velocity,
    of_velocity,
)
from verify.compare.variants.shared import VariantParts
from verify.compare.variants.update import of_any_update, of_unclipped_gradient

OUTSIDE = "ε outside the root (PyTorch's form)"


def variants(rule: Rule, optimizer: RMSprop) -> VariantParts:
    """Yield the variants of one rule of RMSprop, the simplest first."""
    role = names.read(rule.tensor).role
    if role in ("v", "g"):
        yield from of_mean(rule, optimizer.rho, squared=role == "v")
    elif role == "m":
        step, _ = optimizer.one_step(names.read(rule.tensor).base)
        yield from of_velocity(rule, step, optimizer.momentum)
        if optimizer.centered:
            without = partial(_without_mean, rule.inputs.index(names.kept("g", names.read(rule.tensor).base)))
            yield "mean gradient left out", partial(without, rule.compute)
        yield from of_moment(rule, rule.inputs[1])
        yield from of_stale_moments(rule)
        yield from of_epsilon(rule)
    elif optimizer.momentum > 0:
        yield from of_any_update(rule)
        yield from of_taken_velocity(rule)
    else:
        yield from of_any_update(rule)
        yield from _steps(rule, optimizer)


def _steps(rule: Rule, optimizer: RMSprop) -> VariantParts:
    """Yield the variants of the update without momentum."""
    epsilon, g = optimizer.epsilon, rule.inputs[0]

    def variance(v: Any, *mean: Any) -> Any:
        return v - mean[0] * mean[0] if mean else v

    def outside(g: Any, *read: Any, size: float) -> Any:
        *moments, alpha = read
        return g * alpha / (np.sqrt(variance(*moments)) + size)

    yield OUTSIDE, partial(outside, size=epsilon)
    for size in (1e-8, 1e-7):
        if size != epsilon:
            yield f"ε = {size:g} outside the root (PyTorch's form)", partial(outside, size=size)
    yield "no root", lambda g, *read: g * read[-1] / (variance(*read[:-1]) + epsilon)
    yield "the root of the root", lambda g, *read: g * read[-1] / np.sqrt(np.sqrt(variance(*read[:-1]) + epsilon))
    yield "bias correction of v", _corrected(rule, optimizer), (*rule.inputs, "t")
    if optimizer.centered:
        yield "mean gradient left out", lambda g, v, m, a: g * a / np.sqrt(v + epsilon)
        yield "mean gradient not squared", lambda g, v, m, a: g * a / np.sqrt(v - m + epsilon)
        yield "mean gradient in place of the gradient", lambda g, v, m, a: m * a / np.sqrt(v - m * m + epsilon)
    yield from of_epsilon(rule)
    yield from of_stale_moments(rule)
    yield from of_unclipped_gradient(rule, g)


def _without_mean(place: int, compute: Any, *read: Any) -> Any:
    """Return the velocity with the mean gradient 0."""
    return compute(*read[:place], read[place] * 0.0, *read[place + 1 :])


def _corrected(rule: Rule, optimizer: RMSprop) -> Any:
    """Return the update with Adam's bias correction of v."""
    return lambda g, v, *read: rule.compute(g, v / (1 - optimizer.rho ** read[-1]), *read[:-1])
