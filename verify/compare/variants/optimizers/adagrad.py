"""Variants of Adagrad's sum of squares and of its update."""

from functools import partial
from typing import Any

import numpy as np

from reference import tensor_names as names
from reference.optimizers.adagrad import Adagrad
from reference.rule import Rule
from verify.compare.variants.moments import of_epsilon, of_moment, of_stale_moments, size_of
from verify.compare.variants.shared import SIZES, VariantParts, unchanged
from verify.compare.variants.update import of_any_update, of_unclipped_gradient


def variants(rule: Rule, optimizer: Adagrad) -> VariantParts:
    """Yield the variants of one rule of Adagrad, the simplest first."""
    if names.read(rule.tensor).role == "v":
        yield from _sums(rule, optimizer)
        return
    g, epsilon = rule.inputs[0], optimizer.epsilon
    yield from of_any_update(rule)
    yield from of_epsilon(rule)
    for size in dict.fromkeys((epsilon, 1e-10)):
        yield f"ε = {size:g} outside the root", lambda g, v, a, size=size: g * a / (np.sqrt(v) + size)
    yield "no root", lambda g, v, a: g * a / (v + epsilon)
    yield "the root of the root", lambda g, v, a: g * a / np.sqrt(np.sqrt(v + epsilon))
    yield "v divided by the number of steps", lambda g, v, a, t: rule.compute(g, v / t, a), (*rule.inputs, "t")
    yield from of_stale_moments(rule)
    yield from of_unclipped_gradient(rule, g)


def _sums(rule: Rule, optimizer: Adagrad) -> VariantParts:
    """Yield the variants of the sum of squares."""
    g = rule.inputs[1]
    yield "without what was before", lambda g: g * g, (g,)
    yield "|g| in place of g²", lambda v, g: v + size_of(g)
    yield "g in place of g²", lambda v, g: v + g
    yield "not brought up to date", unchanged, rule.inputs[:1]
    yield "the larger in place of the sum", lambda v, g: np.maximum(v, g * g)
    yield "root of the sum", lambda v, g: np.sqrt(v + g * g)
    for keep in (0.9, 0.95, 0.99):
        yield f"a mean with ρ = {keep:g} in place of a sum", lambda v, g, k=keep: v * k + g * g * (1 - k)
    for size in SIZES:
        yield f"squares × (1 - {size:g})", lambda v, g, size=size: v + g * g * (1 - size)
    begins_at = optimizer.initial_accumulator_value
    if begins_at:
        yield "begun at 0", partial(_begun_at_zero, begins_at=begins_at)
    yield from (part for part in of_moment(rule, g) if part[1] is not unchanged)


def _begun_at_zero(v: Any, g: Any, begins_at: float) -> Any:
    """Return the sum without the number at which it began."""
    return v - begins_at + g * g
