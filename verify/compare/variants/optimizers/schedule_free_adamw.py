"""Variants of schedule-free AdamW: of v, of z, and of the parameters between z and x."""

from typing import Any

import numpy as np

from reference import tensor_names as names
from reference.optimizers.schedule_free_adamw import ScheduleFreeAdamW, between, mean_of_before
from reference.rule import Rule
from verify.compare.variants.moments import of_epsilon, of_mean, of_moment, of_stale_moments
from verify.compare.variants.shared import SIZES, VariantParts, options, unchanged

ALIAS = "z after the step in place of z before it (Keras's copy of z is z itself)"


def variants(rule: Rule, optimizer: ScheduleFreeAdamW) -> VariantParts:
    """Yield the variants of one rule, the simplest first."""
    name = names.read(rule.tensor)
    if name.state in ("new", "updated"):
        yield from _parameters(rule)
    elif name.role == "v":
        yield "β1 exchanged with β2", rule.compute, (*rule.inputs[:2], "beta_1")
        yield from of_mean(rule, optimizer.beta_2, squared=True, letter="β2")
    else:
        yield from _steps(rule)


def _steps(rule: Rule) -> VariantParts:
    """Yield the variants of z."""
    epsilon, warmup = (options(rule.compute)[name] for name in ("epsilon", "warmup_steps"))
    yield from of_moment(rule, rule.inputs[1])
    yield "sign of the step", lambda z, *read: z * 2 - rule.compute(z, *read)
    yield "step taken twice", lambda z, *read: rule.compute(z, *read) * 2 - z

    def rate(t: Any, a: Any) -> Any:
        return a * np.minimum(t / warmup, 1.0) if warmup else a

    yield "no bias correction of v", lambda z, g, v, t, a, b: z - g * rate(t, a) / (np.sqrt(v) + epsilon)
    yield "ε inside the root", lambda z, g, v, t, a, b: z - g * rate(t, a) / np.sqrt(v / (1 - b**t) + epsilon)
    yield (
        "t - 1 in the bias correction",
        lambda z, g, v, t, a, b: z - g * rate(t, a) / (np.sqrt(v / (1 - b ** (t - 1))) + epsilon),
    )
    yield "no root", lambda z, g, v, t, a, b: z - g * rate(t, a) / (v / (1 - b**t) + epsilon)
    if warmup:
        yield "no warmup", lambda z, g, v, t, a, b: z - g * a / (np.sqrt(v / (1 - b**t)) + epsilon)
    for size in SIZES:
        yield f"α × {1 + size:.10g}", lambda z, g, v, t, a, b, size=size: rule.compute(z, g, v, t, a * (1 + size), b)
    yield from of_epsilon(rule)
    yield from of_stale_moments(rule)


def _parameters(rule: Rule) -> VariantParts:
    """Yield the variants of the new parameters."""
    y, z, new_z, t, beta_1 = rule.inputs
    yield ALIAS, between, (y, new_z, new_z, t, beta_1)
    yield "update skipped", unchanged, (y,)
    yield "z in place of y", unchanged, (new_z,)
    yield "z of the step before in place of z", between, (y, z, z, t, beta_1)
    yield "x in place of y", lambda y, z, new, t, b: mean_of_before(y, z, b) * (1 - 1 / t) + new * (1 / t)
    yield "β1 exchanged with 1 - β1", lambda y, z, new, t, b: between(y, z, new, t, 1 - b)
    yield "y taken for x", lambda y, z, new, t, b: new * (1 - b) + (y * (1 - 1 / t) + new * (1 / t)) * b
    yield "weight 1/(t + 1)", lambda y, z, new, t, b: between(y, z, new, t + 1, b)
    yield (
        "weight 1 - 1/t",
        lambda y, z, new, t, b: new * (1 - b) + (mean_of_before(y, z, b) * (1 / t) + new * (1 - 1 / t)) * b,
    )
    yield "x not brought up to date", lambda y, z, new, t, b: new * (1 - b) + mean_of_before(y, z, b) * b
    yield "update of stale weights", between, (names.previous(y), z, new_z, t, beta_1)
