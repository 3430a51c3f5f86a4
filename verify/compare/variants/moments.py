"""Variants that optimizers share: of a mean of gradients, of a velocity, and of a division by a root."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from reference import tensor_names as names
from reference.rule import Rule
from verify.compare.variants.shared import SIZES, VariantParts, options, unchanged
from verify.compare.variants.update import of_unclipped_gradient


def size_of(g: Any) -> Any:
    """Return |g|."""
    return np.maximum(g, -g)


def of_mean(rule: Rule, keep: float, squared: bool, letter: str = "ρ") -> VariantParts:
    """Yield the variants of a moment keep·before + (1 - keep) g, or g² if `squared`."""
    before, g = rule.inputs[:2]

    def mean(x: Any, g: Any, keep: float, take: float) -> Any:
        return x * keep + (g * g if squared else g) * take

    yield f"{letter} exchanged with 1 - {letter}", partial(mean, keep=1 - keep, take=keep), (before, g)
    for size in SIZES:
        changed = keep * (1 - size)
        yield f"{letter} × (1 - {size:g})", partial(mean, keep=changed, take=1 - changed), (before, g)
    yield f"without (1 - {letter})", partial(mean, keep=keep, take=1.0), (before, g)
    yield "without what was before", partial(mean, keep=0.0, take=1 - keep), (before, g)
    yield "what was before not decayed", partial(mean, keep=1.0, take=1 - keep), (before, g)
    yield "the gradient's own term", (lambda g: g * g) if squared else unchanged, (g,)
    yield from of_moment(rule, g)
    if squared:
        yield "|g| in place of g²", lambda x, g: x * keep + size_of(g) * (1 - keep), (before, g)
    else:
        yield "|g| in place of g", lambda x, g: x * keep + size_of(g) * (1 - keep), (before, g)


def of_moment(rule: Rule, g: str) -> VariantParts:
    """Yield the variants of any moment that reads a gradient."""
    yield "not brought up to date", unchanged, rule.inputs[:1]
    stale = tuple(names.previous(g) if name == g else name for name in rule.inputs)
    yield "gradient of the step before in the moment", rule.compute, stale
    yield from of_unclipped_gradient(rule, g)


def of_velocity(rule: Rule, step: Callable[..., Any], momentum: float) -> VariantParts:
    """Yield the variants of a velocity: μ times what was before, plus a step of the other inputs."""
    yield "momentum left out", lambda m, *read: step(*read)
    yield "sign of the momentum", lambda m, *read: m * -momentum + step(*read)
    yield "momentum not less than 1", lambda m, *read: m + step(*read)
    yield "step damped by 1 - μ", lambda m, *read: m * momentum + step(*read) * (1 - momentum)
    yield "sign of the step", lambda m, *read: m * momentum - step(*read)
    without = rule.inputs[:-1]  # the learning rate is read last
    yield "velocity without the learning rate (PyTorch's form)", partial(_rated, step, momentum), without
    for size in SIZES:
        yield f"μ × (1 - {size:g})", partial(rule.compute, momentum=momentum * (1 - size))
        yield f"step × {1 + size:.10g}", lambda m, *read, size=size: m * momentum + step(*read) * (1 + size)


def _rated(step: Callable[..., Any], momentum: float, m: Any, *read: Any) -> Any:
    """Return the velocity with the learning rate 1."""
    return m * momentum + step(*read, 1.0)


def of_taken_velocity(rule: Rule) -> VariantParts:
    """Yield the variants of an update that is the velocity."""
    m = rule.inputs[0]
    yield "velocity times the learning rate (PyTorch's form)", lambda m, a: m * a, (m, "alpha")
    yield "sign of the velocity", lambda m: -m


def of_stale_moments(rule: Rule) -> VariantParts:
    """Yield the variants that read a moment as it was before the step, one for each moment."""
    for name in rule.inputs:
        parts = names.read(name)
        if parts.is_kept and not parts.state:
            stale = tuple(names.before(name) if other == name else other for other in rule.inputs)
            yield f"{parts.role} of the step before", rule.compute, stale


def of_epsilon(rule: Rule) -> VariantParts:
    """Yield the variants with another ε than that of the rule."""
    epsilon = options(rule.compute)["epsilon"]
    for size in (1e-8, 1e-7, 1e-6, 1e-5, 1e-3):
        if size != epsilon:
            yield f"ε = {size:g}", partial(rule.compute, epsilon=size)
    yield "ε left out", partial(rule.compute, epsilon=0.0)
