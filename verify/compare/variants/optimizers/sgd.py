"""Variants of the update of gradient descent, and of the velocity."""

from functools import partial

from reference import descent
from reference import tensor_names as names
from reference.optimizers.sgd import SGD
from reference.rule import Rule
from verify.compare.variants.shared import SIZES, VariantParts, unchanged
from verify.compare.variants.update import of_any_update, of_unclipped_gradient


def variants(rule: Rule, optimizer: SGD) -> VariantParts:
    """Yield the variants of one rule of gradient descent, the simplest first."""
    if names.read(rule.tensor).role == names.UPDATE:
        yield from of_any_update(rule)
        yield from _updates(rule, optimizer)
    else:
        yield from _velocities(rule, optimizer.momentum)


def _velocities(rule: Rule, mu: float) -> VariantParts:
    """Yield the variants of the velocity."""
    before, g, alpha = rule.inputs
    yield "sign of the momentum", lambda m, g, a: m * -mu - g * a
    yield "momentum left out", lambda m, g, a: -(g * a)
    yield "momentum not less than 1", lambda m, g, a: m - g * a
    yield "gradient damped by 1 - μ", lambda m, g, a: m * mu - g * a * (1 - mu)
    yield "velocity without the learning rate", lambda m, g: m * mu - g, (before, g)
    yield "sign of the velocity", lambda m, g, a: m * mu + g * a
    yield "velocity not brought up to date", unchanged, (before,)
    yield "gradient of the step before in the velocity", rule.compute, (before, names.previous(g), alpha)
    for size in SIZES:
        yield f"μ × (1 - {size:g})", partial(descent.velocity, momentum=mu * (1 - size))
    yield from of_unclipped_gradient(rule, g)


def _updates(rule: Rule, optimizer: SGD) -> VariantParts:
    """Yield the variants of the update."""
    g, mu = rule.inputs[0], optimizer.momentum
    if optimizer.nesterov and mu:
        m, g, alpha = rule.inputs
        yield "Nesterov's look ahead left out", descent.negated, (m,)
        yield "looking ahead by the velocity before", rule.compute, (names.before(m), g, alpha)
        yield "looking ahead twice", lambda m, g, a: g * a - m * mu * mu
        yield "sign of the look ahead", lambda m, g, a: g * a + m * mu
    elif mu:
        m, gradient = rule.inputs[0], names.gradient(names.read(rule.tensor).base)
        yield "Nesterov's look ahead", partial(descent.nesterov, momentum=mu), (m, gradient, "alpha")
        yield "velocity of the step before", descent.negated, (names.before(m),)
    yield from of_unclipped_gradient(rule, g)
