"""Variants of Adam's moments and of its update."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np

from reference import tensor_names as names
from reference.adam import update_epsilon_hat
from reference.optimizers.adam import ALGORITHM_1, KERAS, Adam
from reference.rule import Rule
from reference.variants import AdamForm, adam_changes
from verify.compare.variants.shared import SIZES, VariantParts, unchanged
from verify.compare.variants.update import of_any_update, of_unclipped_gradient


def variants(rule: Rule, optimizer: Adam) -> VariantParts:
    """Yield the variants of one rule of Adam, the simplest first."""
    role = names.read(rule.tensor).role
    if role == names.UPDATE and optimizer.ratio != 1:
        yield from _with_ratio(rule, optimizer)
    elif role == names.UPDATE:
        yield from _updates(rule, optimizer)
    elif role == "vmax":
        before, v = rule.inputs
        yield "the largest v not taken", unchanged, (v,)
        yield "the largest v not brought up to date", unchanged, (before,)
        yield "the smallest v", np.minimum
        yield "the sum of v", lambda a, b: a + b
    else:
        yield from _moments(rule, role, optimizer)


def _with_ratio(rule: Rule, optimizer: Adam) -> VariantParts:
    """Yield the variants of an update whose learning rate is α times a ratio."""
    plain = replace(rule, compute=partial(update_epsilon_hat, epsilon=optimizer.epsilon))
    yield "adam_lr_ratio left out", plain.compute
    if optimizer.ratio:
        yield "α / ratio", partial(rule.compute, ratio=1 / optimizer.ratio)
    for part in _updates(plain, optimizer):
        inputs = part[2] if len(part) == 3 else rule.inputs
        ticks = [name == "alpha" for name in inputs]
        yield part[0], partial(_rated, part[1], ticks, optimizer.ratio), inputs


def _rated(compute: Callable[..., Any], is_rate: Sequence[bool], ratio: float, *read: Any) -> Any:
    """Return what a function gives for α times a ratio."""
    return compute(*(x * ratio if here else x for x, here in zip(read, is_rate, strict=True)))


def _moments(rule: Rule, kind: str, optimizer: Adam) -> VariantParts:
    """Yield the variants of m or of v, whichever `kind` names."""
    before, g = rule.inputs
    letter, beta, other = "β1", optimizer.beta_1, optimizer.beta_2
    if kind == "v":
        letter, beta, other = "β2", other, beta

    def power(g: Any) -> Any:
        return g if kind == "m" else g * g

    def moment(x: Any, g: Any, keep: float, take: float) -> Any:
        return x + (power(g) - x) * take if keep == 1 - take else x * keep + power(g) * take

    yield "β1 and β2 exchanged", lambda x, g: moment(x, g, other, 1 - other)
    for size in SIZES:
        changed = beta * (1 - size)
        yield f"{letter} × (1 - {size:g})", partial(moment, keep=changed, take=1 - changed)
    yield f"{kind} without (1 - {letter})", lambda x, g: x * beta + power(g)
    yield f"{kind} without what was before", lambda x, g: power(g) * (1 - beta)
    yield f"{kind} not decayed", lambda x, g: x + power(g) * (1 - beta)
    yield f"{kind} not brought up to date", unchanged, (before,)
    yield "gradient of the step before in the moments", rule.compute, (before, names.previous(g))
    if kind == "v":
        yield "v of |g| in place of g²", lambda x, g: x * beta + np.maximum(g, -g) * (1 - beta)
        yield "AMSGrad", lambda x, g: np.maximum(x, rule.compute(x, g))
    yield from of_unclipped_gradient(rule, g)


def _updates(rule: Rule, optimizer: Adam) -> VariantParts:
    """Yield the variants of the update. It reads m, v (or the largest v), t, and a, b, c for α, β1 and β2."""
    inputs, P, epsilon = rule.inputs, names.read(rule.tensor).base, optimizer.epsilon
    form = AdamForm("hat" if optimizer.epsilon_hat else "root")
    changes = {name: change for name, change in adam_changes().items() if name}
    for name, change in changes.items():
        yield name, partial(replace(form, **change), epsilon=epsilon)
    yield "t - 1 in the bias correction", partial(replace(form, ahead_m=-1, ahead_v=-1), epsilon=epsilon)
    if optimizer.epsilon_hat:
        yield "Algorithm 1's ε = 1e-8 beside √v̂", partial(AdamForm("root"), epsilon=ALGORITHM_1.epsilon)
    else:
        yield "Keras's ε̂ = 1e-7 beside √v", partial(AdamForm("hat"), epsilon=KERAS.epsilon)
    for size in (1e-8, 1e-6, 1e-5):
        if size != epsilon:
            yield f"ε = {size:g}", partial(form, epsilon=size)
    with_gradient, with_P = (names.gradient(P), *inputs), (*inputs, P)
    yield "Nesterov", lambda g, m, v, t, a, b, c: form(m * b + g * (1 - b), v, t, a, b, c, epsilon), with_gradient
    yield "AdamW's decay (0.004)", lambda m, v, t, a, b, c, P: rule.compute(m, v, t, a, b, c) + P * (a * 0.004), with_P
    yield "no second moment", lambda m, v, t, a, b, c: m * a
    yield from of_any_update(rule)
    if optimizer.amsgrad:
        plain = tuple(names.kept("v", P) if name == names.kept("vmax", P) else name for name in inputs)
        yield "v in place of the largest v", rule.compute, plain
    for (first, a), (second, b) in combinations(changes.items(), 2):
        if not a.keys() & b.keys():
            yield f"{first} and {second}", partial(replace(form, **a, **b), epsilon=epsilon)
