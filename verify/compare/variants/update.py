"""Variants of the rules that all optimizers share: clipping, weight decay, schedules, the new parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from reference import clipping, descent
from reference import tensor_names as names
from reference.network import Network
from reference.optimizers.optimizer import Optimizer
from reference.rule import Rule
from reference.schedules import ExponentialDecay, InverseTimeDecay, PiecewiseConstantDecay, PolynomialDecay, Schedule
from verify.compare.variants.shared import SIZES, VariantParts, scaled, word

COUPLED = "decay in the gradient (L2), not decoupled"


def of_another_gradient(rule: Rule, g: str) -> VariantParts:
    """Yield the variant that reads the gradient before clipping, if the rule reads a clipped gradient."""
    if names.read(g).role == names.CLIPPED:
        inputs = tuple(names.gradient(names.read(g).base) if name == g else name for name in rule.inputs)
        yield "the gradient before it was clipped", inputs, rule.compute


def coupled(rule: Rule, g: str, P: str, decay: float) -> VariantParts:
    """Yield the variant that adds the decay to the gradient, as L2 regularization does."""
    position = rule.inputs.index(g)

    def with_decay(*operands: Any) -> Any:
        *inputs, weights = operands
        inputs[position] = inputs[position] + weights * decay
        return rule.compute(*inputs)

    yield COUPLED, (*rule.inputs, P), with_decay


def of_any_update(rule: Rule) -> VariantParts:
    """Yield the variants of the update that any optimizer subtracts."""
    inputs, P = rule.inputs, names.read(rule.tensor).base
    yield "the gradient itself", (names.gradient(P),), lambda g: g * 1.0
    for size in SIZES:
        for sign in (1, -1):
            factor = 1 + sign * size
            yield f"α × {factor:.10g}", inputs, partial(scaled, rule.compute, factor)
    yield "update of the step before", (names.previous(rule.tensor),), lambda u: u * 1.0


def news(rule: Rule, optimizer: Optimizer) -> VariantParts:
    """Yield the variants of the new parameters."""
    P, update = rule.inputs
    yield "sign of the update", rule.inputs, lambda P, u: P + u
    yield "update skipped", (P,), lambda P: P * 1.0
    yield "update applied twice", rule.inputs, lambda P, u: P - u * 2
    yield "update of stale weights", (names.previous(P), update), descent.descend
    yield "weight decay (1e-4)", rule.inputs, lambda P, u: P * (1 - 1e-4) - u
    yield from other_news(rule, optimizer)


def other_news(rule: Rule, optimizer: Optimizer) -> VariantParts:
    """Yield the variants of W_new = W_decayed - update that apply the decay at another place, or not at all."""
    if not optimizer.weight_decay:
        return
    decayed, update = rule.inputs
    P, decay = names.read(decayed).base, optimizer.weight_decay
    yield "decay after the update", (P, update, "alpha"), lambda P, u, a: descent.decayed(P - u, a, decay)
    yield "decay left out", (P, update), descent.descend


def decays(rule: Rule, optimizer: Optimizer) -> VariantParts:
    """Yield the variants of the weight decay."""
    (P, _), decay = rule.inputs, optimizer.weight_decay
    yield "decay left out, in its place", (P,), lambda P: P * 1.0
    yield "decay not times the learning rate", (P,), lambda P: P - P * decay
    yield "sign of the decay", rule.inputs, lambda P, a: P + P * decay * a
    yield "decay toward one size", rule.inputs, lambda P, a: P - (1.0 * (P > 0) - 1.0 * (P < 0)) * decay * a
    for size in SIZES[:3]:
        yield f"λ × {1 + size:g}", rule.inputs, partial(descent.decayed, weight_decay=decay * (1 + size))
    yield "half the decay", rule.inputs, partial(descent.decayed, weight_decay=decay / 2)


def clippings(rule: Rule, network: Network, optimizer: Optimizer) -> VariantParts:
    """Yield the variants of the clipping of gradients."""
    g, most = rule.inputs[0], word(rule.compute, "most")
    every = tuple(names.gradient(P) for P in network.parameters())
    yield "not clipped", (g,), lambda g: g * 1.0
    if optimizer.clipvalue:
        yield "clipped from above only", (g,), lambda g: np.minimum(g, most)
        yield "clipped by its norm", (g,), partial(clipping.by_norm, most=most)
    else:
        yield "clipped by value", (g,), partial(clipping.by_value, most=most)
        yield "norm without its root", (g,), lambda g: (g * most) / np.maximum(np.sum(g * g), most)
    if optimizer.clipnorm:
        yield "clipped by the norm of all", (g, *every), partial(clipping.by_global_norm, most=most)
        yield "brought to the norm, longer or shorter", (g,), lambda g: (g * most) / np.sqrt(np.sum(g * g))
        yield "norm of each column", (g,), partial(_columns, most=most)
    if optimizer.global_clipnorm:
        yield "each clipped by its own norm", (g,), partial(clipping.by_norm, most=most)
        others = tuple(name for name in every if name != g)
        yield "norm of all without its own", (g, *others), partial(clipping.by_global_norm, most=most)
    for size in SIZES[:3]:
        yield f"clipped at {1 + size:g} of it", rule.inputs, partial(_clip(optimizer), most=most * (1 + size))


def _clip(optimizer: Optimizer) -> Callable[..., Any]:
    """Return the clipping function that the optimizer uses."""
    if optimizer.clipnorm:
        return clipping.by_norm
    return clipping.by_global_norm if optimizer.global_clipnorm else clipping.by_value


def _columns(g: Any, most: float) -> Any:
    """Return the gradient with each column clipped by its own norm."""
    return (g * most) / np.maximum(np.sqrt(np.sum(g * g, axis=0, keepdims=True)), most)


def rates(rule: Rule) -> VariantParts:
    """Yield the variants of a learning rate's schedule, which is a function of t."""
    schedule = rule.compute
    assert isinstance(schedule, Schedule)
    yield "schedule one step ahead", rule.inputs, lambda t: schedule(t + 1.0)
    yield "schedule one step behind", rule.inputs, lambda t: schedule(t - 1.0)
    yield "first learning rate kept", rule.inputs, lambda t: t * 0.0 + _first(schedule)
    if isinstance(schedule, ExponentialDecay | InverseTimeDecay):
        name = "schedule without its steps" if schedule.staircase else "schedule in steps"
        yield name, rule.inputs, replace(schedule, staircase=not schedule.staircase)
    if isinstance(schedule, PolynomialDecay):
        other = 1.0 if schedule.power != 1 else 2.0
        yield f"power {other:g} in the schedule", rule.inputs, replace(schedule, power=other)
        yield "schedule down to 0", rule.inputs, replace(schedule, end_learning_rate=0.0)
    if isinstance(schedule, PiecewiseConstantDecay):
        sooner = tuple(b - 1 for b in schedule.boundaries)
        yield "boundary one step sooner", rule.inputs, replace(schedule, boundaries=sooner)
    for size in SIZES:
        yield f"scheduled α × {1 + size:.10g}", rule.inputs, partial(scaled, schedule, 1 + size)


def _first(schedule: Schedule) -> float:
    """Return the learning rate that a schedule starts from."""
    return schedule.values[0] if isinstance(schedule, PiecewiseConstantDecay) else schedule.initial_learning_rate
