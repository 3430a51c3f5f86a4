"""In place of Adam's moments and of what it subtracts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from reference import tensor_names as names
from reference.optimizers.adam import ALGORITHM_1, KERAS, Adam
from reference.rule import Rule
from reference.variants import AdamForm, adam_changes
from verify.compare.variants.shared import SIZES, Found
from verify.compare.variants.update import of_another_gradient, of_any_update


def variants(rule: Rule, optimizer: Adam) -> Found:
    role = names.read(rule.tensor).role
    if role == names.UPDATE:
        yield from _updates(rule, optimizer)
    elif role == "vmax":
        yield from _largest(rule)
    else:
        yield from _moments(rule, role, optimizer)


def _moments(rule: Rule, kind: str, optimizer: Adam) -> Found:
    before, g = rule.inputs
    beta, other = (optimizer.beta_1, optimizer.beta_2) if kind == "m" else (optimizer.beta_2, optimizer.beta_1)
    sign = "β1" if kind == "m" else "β2"

    def square(g: Any) -> Any:
        return g if kind == "m" else g * g

    def moment(x: Any, g: Any, keep: float, take: float) -> Any:
        return x + (square(g) - x) * take if keep == 1 - take else x * keep + square(g) * take

    yield "β1 and β2 exchanged", rule.inputs, lambda x, g: moment(x, g, other, 1 - other)
    for size in SIZES:
        off = beta * (1 - size)
        yield f"{sign} × (1 - {size:g})", rule.inputs, partial(moment, keep=off, take=1 - off)
    yield f"{kind} without (1 - {sign})", rule.inputs, lambda x, g: x * beta + square(g)
    yield f"{kind} without what was before", rule.inputs, lambda x, g: square(g) * (1 - beta)
    yield f"{kind} not decayed", rule.inputs, lambda x, g: x + square(g) * (1 - beta)
    yield f"{kind} not brought up to date", (before,), lambda x: x * 1.0
    yield "gradient of the step before in the moments", (before, names.previous(g)), rule.compute
    if kind == "v":
        yield "v of |g| in place of g²", rule.inputs, lambda x, g: x * beta + np.maximum(g, -g) * (1 - beta)
        yield "AMSGrad", rule.inputs, lambda x, g: np.maximum(x, rule.compute(x, g))
    yield from of_another_gradient(rule, g)


def _updates(rule: Rule, optimizer: Adam) -> Found:
    """Its first input is m, its second v, or the largest v."""
    inputs, P = rule.inputs, names.read(rule.tensor).base
    form, epsilon = ("hat", optimizer.epsilon) if optimizer.epsilon_hat else ("root", optimizer.epsilon)
    other = ALGORITHM_1 if optimizer.epsilon_hat else KERAS
    own: dict[str, Any] = {"epsilon_at": form}
    for name, change in adam_changes().items():
        if name:
            yield name, inputs, partial(AdamForm(**{**own, **change}), epsilon=epsilon)
    yield "t - 1 in the bias correction", inputs, partial(AdamForm(**own, ahead_m=-1, ahead_v=-1), epsilon=epsilon)
    name = "Algorithm 1's ε = 1e-8 beside √v̂" if optimizer.epsilon_hat else "Keras's ε̂ = 1e-7 beside √v"
    there = AdamForm("root" if optimizer.epsilon_hat else "hat")
    yield name, inputs, partial(there, epsilon=other.epsilon)
    for size in (1e-8, 1e-6, 1e-5):
        if size != epsilon:
            yield f"ε = {size:g}", inputs, partial(AdamForm(**own), epsilon=size)
    yield "Nesterov", (names.gradient(P), *inputs), partial(_nesterov, form=AdamForm(**own), epsilon=epsilon)
    yield "AdamW's decay (0.004)", (*inputs, P), partial(_decayed, compute=rule.compute)
    yield "no second moment", inputs, lambda m, v, t, a, b, c: m * a
    yield from of_any_update(rule)
    if optimizer.amsgrad:
        plain = tuple(names.kept("v", P) if name == names.kept("vmax", P) else name for name in inputs)
        yield "v in place of the largest v", plain, rule.compute
    yield from _pairs(inputs, own, epsilon)


def _pairs(inputs: tuple[str, ...], own: Mapping[str, Any], epsilon: float) -> Found:
    """Two changes of Adam's form at once, where they do not touch the same thing."""
    changes = [(name, change) for name, change in adam_changes().items() if name]
    for i, (first, a) in enumerate(changes):
        for second, b in changes[i + 1 :]:
            if not a.keys() & b.keys():
                yield f"{first} and {second}", inputs, partial(AdamForm(**{**own, **a, **b}), epsilon=epsilon)


def _nesterov(
    g: Any, m: Any, v: Any, t: Any, alpha: Any, beta_1: Any, beta_2: Any, form: AdamForm, epsilon: float
) -> Any:
    return form(m * beta_1 + g * (1 - beta_1), v, t, alpha, beta_1, beta_2, epsilon)


def _decayed(m: Any, v: Any, t: Any, alpha: Any, b: Any, c: Any, P: Any, compute: Callable[..., Any]) -> Any:
    return compute(m, v, t, alpha, b, c) + P * (alpha * 0.004)


def _largest(rule: Rule) -> Found:
    before, v = rule.inputs
    yield "the largest v not taken", (v,), lambda v: v * 1.0
    yield "the largest v not brought up to date", (before,), lambda v: v * 1.0
    yield "the smallest v", rule.inputs, np.minimum
    yield "the sum of v", rule.inputs, lambda a, b: a + b
