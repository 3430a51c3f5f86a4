"""In place of momentum, decay, clipping, the largest moment and schedules: what the essay's optimizers do not have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from reference import clipping, descent
from reference import tensor_names as names
from reference.adam import Adam
from reference.descent import SGD
from reference.network import Network
from reference.rules import Optimizer, Rule
from reference.schedules import ExponentialDecay, InverseTimeDecay, PiecewiseConstantDecay, PolynomialDecay, Schedule
from verify.variants.arithmetic import SIZES, Found, scaled, word


def of_another_gradient(rule: Rule, g: str) -> Found:
    """Where a gradient is read that was clipped: the one that was not."""
    if names.read(g).role == names.CLIPPED:
        inputs = tuple(names.gradient(names.read(g).base) if name == g else name for name in rule.inputs)
        yield "the gradient before it was clipped", inputs, rule.compute


def coupled(rule: Rule, g: str, P: str, decay: float) -> Found:
    """The decay added to the gradient, as L2 regularization has it."""
    at = rule.inputs.index(g)

    def with_decay(*read: Any) -> Any:
        *own, weights = read
        own[at] = own[at] + weights * decay
        return rule.compute(*own)

    yield COUPLED, (*rule.inputs, P), with_decay


COUPLED = "decay in the gradient (L2), not decoupled"


def velocities(rule: Rule, sgd: SGD) -> Found:
    before, g, alpha = rule.inputs
    mu = sgd.momentum
    yield "sign of the momentum", rule.inputs, lambda m, g, a: m * -mu - g * a
    yield "momentum left out", rule.inputs, lambda m, g, a: -(g * a)
    yield "momentum not less than 1", rule.inputs, lambda m, g, a: m - g * a
    yield "gradient damped by 1 - μ", rule.inputs, lambda m, g, a: m * mu - g * a * (1 - mu)
    yield "velocity without the learning rate", (before, g), lambda m, g: m * mu - g
    yield "sign of the velocity", rule.inputs, lambda m, g, a: m * mu + g * a
    yield "velocity not brought up to date", (before,), lambda m: m * 1.0
    yield "gradient of the step before in the velocity", (before, names.previous(g), alpha), rule.compute
    for size in SIZES:
        yield f"μ × (1 - {size:g})", rule.inputs, partial(descent.velocity, momentum=mu * (1 - size))
    yield from of_another_gradient(rule, g)


def other_updates(rule: Rule, P: str, optimizer: Optimizer) -> Found:
    g = rule.inputs[0]
    if isinstance(optimizer, Adam):
        if optimizer.amsgrad:
            inputs = tuple(names.kept("v", P) if name == names.kept("vmax", P) else name for name in rule.inputs)
            yield "v in place of the largest v", inputs, rule.compute
        return
    if optimizer.nesterov:
        m, g, alpha = rule.inputs
        mu = optimizer.momentum
        yield "Nesterov's look ahead left out", (m,), descent.negated
        yield "looking ahead by the velocity before", (names.before(m), g, alpha), rule.compute
        yield "looking ahead twice", rule.inputs, lambda m, g, a: g * a - m * mu * mu
        yield "sign of the look ahead", rule.inputs, lambda m, g, a: g * a + m * mu
    elif optimizer.momentum:
        m, alpha = rule.inputs[0], "alpha"
        ahead = partial(descent.nesterov, momentum=optimizer.momentum)
        yield "Nesterov's look ahead", (m, names.gradient(P), alpha), ahead
        yield "velocity of the step before", (names.before(m),), descent.negated
    yield from of_another_gradient(rule, g)


def other_news(rule: Rule, optimizer: Optimizer) -> Found:
    """W_new = W_decayed - update; the decay at another place."""
    if not optimizer.weight_decay:
        return
    kept, update = rule.inputs
    P, decay = names.read(kept).base, optimizer.weight_decay
    yield "decay after the update", (P, update, "alpha"), lambda P, u, a: descent.decayed(P - u, a, decay)
    yield "decay left out", (P, update), descent.descend


def decays(rule: Rule, optimizer: Optimizer) -> Found:
    (P, _), decay = rule.inputs, optimizer.weight_decay
    yield "decay left out, in its place", (P,), lambda P: P * 1.0
    yield "decay not times the learning rate", (P,), lambda P: P - P * decay
    yield "sign of the decay", rule.inputs, lambda P, a: P + P * decay * a
    yield "decay toward one size", rule.inputs, lambda P, a: P - (1.0 * (P > 0) - 1.0 * (P < 0)) * decay * a
    for size in SIZES[:3]:
        yield f"λ × {1 + size:g}", rule.inputs, partial(descent.decayed, weight_decay=decay * (1 + size))
    yield "half the decay", rule.inputs, partial(descent.decayed, weight_decay=decay / 2)


def largest(rule: Rule) -> Found:
    before, v = rule.inputs
    yield "the largest v not taken", (v,), lambda v: v * 1.0
    yield "the largest v not brought up to date", (before,), lambda v: v * 1.0
    yield "the smallest v", rule.inputs, np.minimum
    yield "the sum of v", rule.inputs, lambda a, b: a + b


def clippings(rule: Rule, network: Network, optimizer: Optimizer) -> Found:
    g, compute = rule.inputs[0], rule.compute
    most = word(compute, "most")
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
        yield (
            "norm of all without its own",
            (g, *(e for e in every if e != g)),
            partial(clipping.by_global_norm, most=most),
        )
    for size in SIZES[:3]:
        yield f"clipped at {1 + size:g} of it", rule.inputs, partial(_clip(optimizer), most=most * (1 + size))


def _clip(optimizer: Optimizer) -> Callable[..., Any]:
    if optimizer.clipnorm:
        return clipping.by_norm
    return clipping.by_global_norm if optimizer.global_clipnorm else clipping.by_value


def _columns(g: Any, most: float) -> Any:
    return (g * most) / np.maximum(np.sqrt(np.sum(g * g, axis=0, keepdims=True)), most)


def rates(rule: Rule) -> Found:
    """Of a schedule, which reads t."""
    schedule = rule.compute
    assert isinstance(schedule, Schedule)
    yield "schedule one step ahead", rule.inputs, lambda t: schedule(t + 1.0)
    yield "schedule one step behind", rule.inputs, lambda t: schedule(t - 1.0)
    yield "first learning rate kept", rule.inputs, lambda t: t * 0.0 + _first(schedule)
    if isinstance(schedule, ExponentialDecay | InverseTimeDecay):
        text = "schedule without its steps" if schedule.staircase else "schedule in steps"
        yield text, rule.inputs, replace(schedule, staircase=not schedule.staircase)
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
    return schedule.values[0] if isinstance(schedule, PiecewiseConstantDecay) else schedule.initial_learning_rate
