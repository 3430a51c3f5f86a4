"""Variants of the update of gradient descent, and of the velocity."""

from __future__ import annotations

from functools import partial

from reference import descent
from reference import tensor_names as names
from reference.optimizers.sgd import SGD
from reference.rule import Rule
from verify.compare.variants.shared import SIZES, VariantParts
from verify.compare.variants.update import of_another_gradient, of_any_update


def variants(rule: Rule, optimizer: SGD) -> VariantParts:
    """Yield the variants of one rule of gradient descent, the simplest first."""
    if names.read(rule.tensor).role == names.UPDATE:
        yield from of_any_update(rule)
        yield from _updates(rule, optimizer)
    else:
        yield from _velocities(rule, optimizer)


def _velocities(rule: Rule, sgd: SGD) -> VariantParts:
    """Yield the variants of the velocity."""
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


def _updates(rule: Rule, optimizer: SGD) -> VariantParts:
    """Yield the variants of the update."""
    g, P = rule.inputs[0], names.read(rule.tensor).base
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
