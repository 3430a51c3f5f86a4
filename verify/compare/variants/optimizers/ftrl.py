"""Variants of Ftrl's n and z, and of the parameters that they give."""

from functools import partial
from typing import Any

from reference import tensor_names as names
from reference.optimizers.ftrl import Ftrl, parameters
from reference.rule import Rule
from verify.compare.variants.moments import of_moment, of_stale_moments, size_of
from verify.compare.variants.shared import SIZES, VariantParts, options, unchanged
from verify.compare.variants.update import of_unclipped_gradient


def variants(rule: Rule, optimizer: Ftrl) -> VariantParts:
    """Yield the variants of one rule of Ftrl, the simplest first."""
    name = names.read(rule.tensor)
    if name.state in ("new", "updated"):
        yield from _parameters(rule, optimizer)
    elif name.role == "n":
        g = rule.inputs[1]
        yield from of_moment(rule, g)
        yield "without what was before", lambda g: g * g, (g,)
        yield "|g| in place of g²", lambda n, g: n + size_of(g)
        for size in SIZES:
            yield f"squares × (1 - {size:g})", lambda n, g, size=size: n + g * g * (1 - size)
    else:
        yield from _sums(rule, optimizer)


def _sums(rule: Rule, optimizer: Ftrl) -> VariantParts:
    """Yield the variants of z."""
    z, P = rule.inputs[0], rule.inputs[-2]
    yield "not brought up to date", unchanged, (z,)
    yield "σ w left out", partial(_without_sigma, rule.compute)
    yield "sign of σ w", partial(_other_sign, rule.compute)
    yield "σ without 1/α", lambda *read: rule.compute(*read[:-1], 1.0)
    yield "w of the step before", rule.compute, _put(rule, P, names.previous(P))
    if optimizer.weight_decay:
        yield "w before its decay", rule.compute, _put(rule, P, names.read(P).base)
    for shrinkage in dict.fromkeys((0.0, optimizer.l2_shrinkage_regularization_strength / 2, 0.01)):
        if shrinkage != optimizer.l2_shrinkage_regularization_strength:
            yield f"shrinkage {shrinkage:g}", partial(rule.compute, shrinkage=shrinkage)
    if optimizer.learning_rate_power != -1:
        yield "no root of n", partial(rule.compute, power=-1.0)
    if rule.elementwise:
        yield from of_unclipped_gradient(rule, rule.inputs[1])
        stale = _put(rule, rule.inputs[1], names.previous(rule.inputs[1]))
        yield "gradient of the step before in the moment", rule.compute, stale


def _put(rule: Rule, name: str, other: str) -> tuple[str, ...]:
    """Return the inputs of a rule with another name in place of one."""
    return tuple(other if x == name else x for x in rule.inputs)


def _without_sigma(compute: Any, *read: Any) -> Any:
    """Return z + g: without a difference between the two n there is no σ."""
    *first, n, _, P, alpha = read
    return compute(*first, n, n, P, alpha)


def _other_sign(compute: Any, *read: Any) -> Any:
    """Return z + g + σ w."""
    *first, n, new_n, P, alpha = read
    return compute(*first, n, n, P, alpha) * 2 - compute(*first, n, new_n, P, alpha)


def _parameters(rule: Rule, optimizer: Ftrl) -> VariantParts:
    """Yield the variants of the new parameters."""
    own, P = options(rule.compute), names.read(rule.tensor).base
    lambda_1, lambda_2 = own["lambda_1"], own["lambda_2"]
    yield "update skipped", unchanged, (P,)
    yield "sign of the parameters", lambda *read: -rule.compute(*read)
    yield "no root of n", partial(rule.compute, power=-1.0)
    yield "without 1/α", lambda z, n: parameters(z, n, 1.0, **own), rule.inputs[:2]
    yield "z of the step before", rule.compute, (names.before(rule.inputs[0]), *rule.inputs[1:])
    yield from (part for part in of_stale_moments(rule) if part[0] != "z of the step before")
    if lambda_1:
        yield "λ1 left out", partial(rule.compute, lambda_1=0.0)
        yield "half of λ1", partial(rule.compute, lambda_1=lambda_1 / 2)
    if lambda_2:
        yield "λ2 in place of 2 λ2 (the paper's form)", partial(rule.compute, lambda_2=lambda_2 / 2)
        yield "λ2 left out", partial(rule.compute, lambda_2=0.0)
    if own["beta"]:
        yield "β left out", partial(rule.compute, beta=0.0)
        yield "β twice", partial(rule.compute, beta=own["beta"] * 2)
    for size in SIZES:
        for factor in (1 + size, 1 - size):
            yield f"α × {factor:.10g}", lambda z, n, a, factor=factor: rule.compute(z, n, a * factor)
