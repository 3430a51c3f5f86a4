"""Variants of Adamax's moments and of its update."""

from typing import Any

import numpy as np

from reference import tensor_names as names
from reference.optimizers.adamax import Adamax
from reference.rule import Rule
from verify.compare.variants.moments import of_epsilon, of_mean, of_moment, of_stale_moments, size_of
from verify.compare.variants.shared import SIZES, VariantParts
from verify.compare.variants.update import of_any_update


def variants(rule: Rule, optimizer: Adamax) -> VariantParts:
    """Yield the variants of one rule of Adamax, the simplest first."""
    role = names.read(rule.tensor).role
    if role == "m":
        yield "β1 exchanged with β2", lambda m, g: m + (g - m) * (1 - optimizer.beta_2)
        yield from of_mean(rule, optimizer.beta_1, squared=False, letter="β1")
    elif role == "u":
        yield from _norms(rule, optimizer)
    else:
        yield from of_any_update(rule)
        yield from _updates(rule, optimizer)


def _norms(rule: Rule, optimizer: Adamax) -> VariantParts:
    """Yield the variants of the infinity norm."""
    g, beta = rule.inputs[1], optimizer.beta_2
    yield "max without |g|", lambda u, g: np.maximum(u * beta, g)
    yield "β1 exchanged with β2", lambda u, g: np.maximum(u * optimizer.beta_1, size_of(g))
    yield "max of squares", lambda u, g: np.maximum(u * beta, g * g)
    yield "not decayed", lambda u, g: np.maximum(u, size_of(g))
    yield "without what was before", size_of, (g,)
    yield "the smaller in place of the larger", lambda u, g: np.minimum(u * beta, size_of(g))
    yield "the sum in place of the larger", lambda u, g: u * beta + size_of(g)
    yield "Adam's v", lambda u, g: u * beta + g * g * (1 - beta)
    yield "|g| times (1 - β2)", lambda u, g: np.maximum(u * beta, size_of(g) * (1 - beta))
    for size in SIZES:
        yield f"β2 × (1 - {size:g})", lambda u, g, k=beta * (1 - size): np.maximum(u * k, size_of(g))
    yield from of_moment(rule, g)


def _updates(rule: Rule, optimizer: Adamax) -> VariantParts:
    """Yield the variants of the update."""
    epsilon = optimizer.epsilon

    def form(m: Any, u: Any, t: Any, a: Any, b: Any) -> Any:
        return m * a / ((u + epsilon) * (1 - b**t))

    yield "no bias correction", lambda m, u, t, a, b: m * a / (u + epsilon)
    yield "t - 1 in the bias correction", lambda m, u, t, a, b: form(m, u, t - 1, a, b)
    yield "t + 1 in the bias correction", lambda m, u, t, a, b: form(m, u, t + 1, a, b)
    yield "β2 in the bias correction", lambda m, u, t, a, b: m * a / ((u + epsilon) * (1 - optimizer.beta_2**t))
    yield "ε beside the product", lambda m, u, t, a, b: m * a / (u * (1 - b**t) + epsilon)
    yield (
        "bias correction of u as well",
        lambda m, u, t, a, b: m * a / ((u / (1 - optimizer.beta_2**t) + epsilon) * (1 - b**t)),
    )
    yield "the root of u", lambda m, u, t, a, b: m * a / ((np.sqrt(u) + epsilon) * (1 - b**t))
    yield from of_epsilon(rule)
    yield from of_stale_moments(rule)
