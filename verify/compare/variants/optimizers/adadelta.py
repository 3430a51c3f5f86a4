"""Variants of Adadelta's mean squares and of its update."""

from typing import Any

import numpy as np

from reference import tensor_names as names
from reference.optimizers.adadelta import Adadelta, step
from reference.optimizers.rmsprop import part_of_square
from reference.rule import Rule
from verify.compare.variants.moments import of_epsilon, of_mean, of_moment, of_stale_moments, size_of
from verify.compare.variants.shared import SIZES, VariantParts
from verify.compare.variants.update import of_any_update, of_unclipped_gradient


def variants(rule: Rule, optimizer: Adadelta) -> VariantParts:
    """Yield the variants of one rule of Adadelta, the simplest first."""
    role = names.read(rule.tensor).role
    if role == "v":
        yield from of_mean(rule, optimizer.rho, squared=True)
    elif role == "u":
        yield from _means_of_steps(rule, optimizer)
    else:
        yield from of_any_update(rule)
        yield from _updates(rule, optimizer)


def _means_of_steps(rule: Rule, optimizer: Adadelta) -> VariantParts:
    """Yield the variants of the mean square of steps."""
    rho, epsilon = optimizer.rho, optimizer.epsilon

    def mean(u: Any, g: Any, v: Any, keep: float, take: float) -> Any:
        return u * keep + part_of_square(step(g, v, u, epsilon), 0.0) * take

    yield "ρ exchanged with 1 - ρ", lambda u, g, v: mean(u, g, v, 1 - rho, rho)
    yield "without (1 - ρ)", lambda u, g, v: mean(u, g, v, rho, 1.0)
    yield "without what was before", lambda u, g, v: mean(u, g, v, 0.0, 1 - rho)
    yield "mean square of gradients in place of steps", lambda u, g: u * rho + part_of_square(g, rho), rule.inputs[:2]
    yield "|Δ| in place of Δ²", lambda u, g, v: u * rho + size_of(step(g, v, u, epsilon)) * (1 - rho)
    rated = (*rule.inputs, "alpha")
    yield (
        "mean square of steps times the learning rate",
        lambda u, g, v, a: u * rho + part_of_square(step(g, v, u, epsilon) * a, rho),
        rated,
    )
    for size in SIZES:
        changed = rho * (1 - size)
        yield f"ρ × (1 - {size:g})", lambda u, g, v, k=changed: mean(u, g, v, k, 1 - k)
    yield from of_epsilon(rule)
    yield from of_moment(rule, rule.inputs[1])
    yield from of_stale_moments(rule)


def _updates(rule: Rule, optimizer: Adadelta) -> VariantParts:
    """Yield the variants of the update."""
    g, v, u, alpha = rule.inputs
    epsilon = optimizer.epsilon
    now = names.kept("u", names.read(u).base)
    yield "u after the step", rule.compute, (g, v, now, alpha)
    yield "without the learning rate", lambda g, v, u: step(g, v, u, epsilon), (g, v, u)
    yield "without √(u + ε)", lambda g, v, u, a: g * a / np.sqrt(v + epsilon)
    yield "the learning rate in place of √(u + ε), no root", lambda g, v, u, a: g * a / (v + epsilon)
    yield "no roots", lambda g, v, u, a: g * (u + epsilon) / (v + epsilon) * a
    yield "u in place of v", lambda g, v, u, a: g * np.sqrt(v + epsilon) / np.sqrt(u + epsilon) * a
    yield "ε outside the roots", lambda g, v, u, a: g * (np.sqrt(u) + epsilon) / (np.sqrt(v) + epsilon) * a
    yield "ε in the numerator left out", lambda g, v, u, a: g * np.sqrt(u) / np.sqrt(v + epsilon) * a
    yield from of_epsilon(rule)
    yield from of_stale_moments(rule)
    yield from of_unclipped_gradient(rule, g)
