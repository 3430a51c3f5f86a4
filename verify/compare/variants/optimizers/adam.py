"""Variants of Adam's moments and of its update."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np

from reference import tensor_names as names
from reference.optimizers.adam import ALGORITHM_1, KERAS, Adam
from reference.rule import Rule
from reference.variants import AdamForm, adam_changes
from verify.compare.variants.shared import SIZES, VariantParts
from verify.compare.variants.update import of_another_gradient, of_any_update


def variants(rule: Rule, optimizer: Adam) -> VariantParts:
    """Yield the variants of one rule of Adam, the simplest first."""
    role = names.read(rule.tensor).role
    if role == names.UPDATE:
        yield from _updates(rule, optimizer)
    elif role == "vmax":
        yield from _largest(rule)
    else:
        yield from _moments(rule, role, optimizer)


def _moments(rule: Rule, kind: str, optimizer: Adam) -> VariantParts:
    """Yield the variants of m or of v, whichever `kind` names."""
    before, g = rule.inputs
    beta, other = (optimizer.beta_1, optimizer.beta_2) if kind == "m" else (optimizer.beta_2, optimizer.beta_1)
    sign = "β1" if kind == "m" else "β2"

    def power(g: Any) -> Any:
        return g if kind == "m" else g * g

    def moment(x: Any, g: Any, keep: float, take: float) -> Any:
        return x + (power(g) - x) * take if keep == 1 - take else x * keep + power(g) * take

    yield "β1 and β2 exchanged", rule.inputs, lambda x, g: moment(x, g, other, 1 - other)
    for size in SIZES:
        changed = beta * (1 - size)
        yield f"{sign} × (1 - {size:g})", rule.inputs, partial(moment, keep=changed, take=1 - changed)
    yield f"{kind} without (1 - {sign})", rule.inputs, lambda x, g: x * beta + power(g)
    yield f"{kind} without what was before", rule.inputs, lambda x, g: power(g) * (1 - beta)
    yield f"{kind} not decayed", rule.inputs, lambda x, g: x + power(g) * (1 - beta)
    yield f"{kind} not brought up to date", (before,), lambda x: x * 1.0
    yield "gradient of the step before in the moments", (before, names.previous(g)), rule.compute
    if kind == "v":
        yield "v of |g| in place of g²", rule.inputs, lambda x, g: x * beta + np.maximum(g, -g) * (1 - beta)
        yield "AMSGrad", rule.inputs, lambda x, g: np.maximum(x, rule.compute(x, g))
    yield from of_another_gradient(rule, g)


def _updates(rule: Rule, optimizer: Adam) -> VariantParts:
    """Yield the variants of the update. Its first input is m, its second is v or the largest v."""
    inputs, P, epsilon = rule.inputs, names.read(rule.tensor).base, optimizer.epsilon
    form = AdamForm("hat" if optimizer.epsilon_hat else "root")
    for name, change in adam_changes().items():
        if name:
            yield name, inputs, partial(replace(form, **change), epsilon=epsilon)
    yield "t - 1 in the bias correction", inputs, partial(replace(form, ahead_m=-1, ahead_v=-1), epsilon=epsilon)
    if optimizer.epsilon_hat:
        yield "Algorithm 1's ε = 1e-8 beside √v̂", inputs, partial(AdamForm("root"), epsilon=ALGORITHM_1.epsilon)
    else:
        yield "Keras's ε̂ = 1e-7 beside √v", inputs, partial(AdamForm("hat"), epsilon=KERAS.epsilon)
    for size in (1e-8, 1e-6, 1e-5):
        if size != epsilon:
            yield f"ε = {size:g}", inputs, partial(form, epsilon=size)
    yield "Nesterov", (names.gradient(P), *inputs), partial(_nesterov, form=form, epsilon=epsilon)
    yield "AdamW's decay (0.004)", (*inputs, P), partial(_decayed, compute=rule.compute)
    yield "no second moment", inputs, lambda m, v, t, a, b, c: m * a
    yield from of_any_update(rule)
    if optimizer.amsgrad:
        plain = tuple(names.kept("v", P) if name == names.kept("vmax", P) else name for name in inputs)
        yield "v in place of the largest v", plain, rule.compute
    yield from _pairs(inputs, form, epsilon)


def _pairs(inputs: tuple[str, ...], form: AdamForm, epsilon: float) -> VariantParts:
    """Yield the variants with two changes of Adam's form, if the two change different options."""
    changes = [(name, change) for name, change in adam_changes().items() if name]
    for (first, a), (second, b) in combinations(changes, 2):
        if not a.keys() & b.keys():
            yield f"{first} and {second}", inputs, partial(replace(form, **a, **b), epsilon=epsilon)


def _nesterov(
    g: Any, m: Any, v: Any, t: Any, alpha: Any, beta_1: Any, beta_2: Any, form: AdamForm, epsilon: float
) -> Any:
    """Return the update with Nesterov's momentum: one step of m ahead."""
    return form(m * beta_1 + g * (1 - beta_1), v, t, alpha, beta_1, beta_2, epsilon)


def _decayed(m: Any, v: Any, t: Any, alpha: Any, b: Any, c: Any, P: Any, compute: Callable[..., Any]) -> Any:
    """Return the update with AdamW's weight decay, at a rate of 0.004."""
    return compute(m, v, t, alpha, b, c) + P * (alpha * 0.004)


def _largest(rule: Rule) -> VariantParts:
    """Yield the variants of AMSGrad's largest v."""
    before, v = rule.inputs
    yield "the largest v not taken", (v,), lambda v: v * 1.0
    yield "the largest v not brought up to date", (before,), lambda v: v * 1.0
    yield "the smallest v", rule.inputs, np.minimum
    yield "the sum of v", rule.inputs, lambda a, b: a + b
