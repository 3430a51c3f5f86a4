"""Variants of Lamb's moments and of its update."""

from typing import Any

import numpy as np

from reference import tensor_names as names
from reference.optimizers.lamb import Lamb, direction, length, ratio
from reference.rule import Rule
from verify.compare.variants.moments import of_epsilon, of_mean, of_stale_moments, size_of
from verify.compare.variants.shared import VariantParts
from verify.compare.variants.update import of_any_update


def variants(rule: Rule, optimizer: Lamb) -> VariantParts:
    """Yield the variants of one rule of Lamb, the simplest first."""
    role, beta_1, beta_2 = names.read(rule.tensor).role, optimizer.beta_1, optimizer.beta_2
    if role == "m":
        yield "β1 exchanged with β2", lambda m, g: m + (g - m) * (1 - beta_2)
        yield from of_mean(rule, beta_1, squared=False, letter="β1")
    elif role == "v":
        yield "β1 exchanged with β2", lambda v, g: v + (g * g - v) * (1 - beta_1)
        yield from of_mean(rule, beta_2, squared=True, letter="β2")
    else:
        yield from of_any_update(rule)
        yield from _updates(rule, optimizer)


def _updates(rule: Rule, optimizer: Lamb) -> VariantParts:
    """Yield the variants of the update. A factor of m does not count, because the ratio takes it out again."""
    epsilon, held = optimizer.epsilon, rule.inputs[0]
    P = names.read(held).base

    def r(m: Any, v: Any, t: Any, a: Any, b1: Any, b2: Any) -> Any:
        return direction(m, v, t, b1, b2, epsilon)

    yield "no ratio of lengths (Adam)", lambda P, *read: r(*read) * read[3], rule.inputs
    yield "ratio the other way round", lambda P, *read: r(*read) * read[3] / ratio(P, r(*read))
    yield "length of the parameters alone", lambda P, *read: r(*read) * read[3] * length(P)
    yield "step of length 1", lambda P, *read: r(*read) * read[3] / length(r(*read))
    yield "squares of the lengths", lambda P, *read: r(*read) * read[3] * ratio(P, r(*read)) * ratio(P, r(*read))
    yield (
        "sums of sizes for lengths",
        lambda P, *read: r(*read) * read[3] * np.sum(size_of(P)) / np.sum(size_of(r(*read))),
    )
    yield "without the learning rate", lambda P, *read: r(*read) * ratio(P, r(*read))
    yield "no bias correction of v", lambda P, m, v, t, a, *b: _scaled(P, m / (np.sqrt(v) + epsilon), a)
    yield "ε inside the root", lambda P, m, v, t, a, b1, b2: _scaled(P, m / np.sqrt(v / (1 - b2**t) + epsilon), a)
    if optimizer.weight_decay:
        decay = optimizer.weight_decay
        yield "decay in the step (the paper's form)", lambda P, *read: _scaled(P, r(*read) + P * decay, read[3])
        yield "length of the parameters before their decay", rule.compute, (P, *rule.inputs[1:])
    else:
        yield "decay in the step (0.01)", lambda P, *read: _scaled(P, r(*read) + P * 0.01, read[3])
    yield "length of the parameters of the step before", rule.compute, (names.previous(P), *rule.inputs[1:])
    yield from of_epsilon(rule)
    yield from of_stale_moments(rule)


def _scaled(P: Any, r: Any, alpha: Any) -> Any:
    """Return α r with the length of P."""
    return r * alpha * ratio(P, r)
