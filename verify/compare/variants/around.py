"""Variants of what Keras does around the step: scaled losses, accumulated gradients, averages of the weights."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from reference import clipping
from reference import tensor_names as names
from reference.optimizers import around
from reference.optimizers.optimizer import Optimizer
from reference.rule import Rule
from verify.compare.variants.shared import SIZES, VariantParts, options, unchanged


def of_rule(rule: Rule, optimizer: Optimizer) -> VariantParts:
    """Yield the variants of a rule of this kind, the simplest first."""
    name = names.read(rule.tensor)
    if name.role == names.UNSCALED:
        yield from _unscaled(rule)
    elif name.role == names.MEAN:
        yield from _means(rule, optimizer)
    elif name.role == around.ACCUMULATED:
        yield from _sums(rule, optimizer)
    elif name.role == around.AVERAGE:
        yield from _averages(rule)
    else:
        yield from _overwritten(rule)


def of_waiting(rule: Rule, optimizer: Optimizer, parts_of: Callable[[Rule], VariantParts]) -> VariantParts:
    """Yield the variants of a rule that acts in every k-th step only; `parts_of` gives those of its equation."""
    acting, steps = around.acting(rule), optimizer.gradient_accumulation_steps
    name = names.read(rule.tensor)
    each = partial(_each_step, acting, steps)
    if name.role == around.AVERAGE:
        yield "the average counts micro-steps", each, ("t", *acting.inputs)
    else:
        yield "in every micro-step", each, ("t", *acting.inputs)
        if "t" in acting.inputs:
            yield "t counts micro-steps", partial(rule.compute, ticks=()), rule.inputs
    if name.state == "decayed":
        yield f"decay applied {steps:g} times", partial(_repeated, acting, int(steps)), acting.inputs
    for part in parts_of(acting):
        changed = replace(acting, compute=part[1], inputs=part[2] if len(part) == 3 else acting.inputs)
        waiting = around.wait(changed, steps)
        yield part[0], waiting.compute, waiting.inputs


def _each_step(rule: Rule, steps: float, t: Any, *read: Any) -> Any:
    """The result of a rule in every step, with the number of moves in place of t."""
    return rule.compute(*(np.ceil(t / steps) if x == "t" else y for x, y in zip(rule.inputs, read, strict=True)))


def _repeated(rule: Rule, times: int, *read: Any) -> Any:
    """The result of a rule that is applied several times to its first input."""
    first, *rest = read
    for _ in range(times):
        first = rule.compute(first, *rest)
    return first


def _unscaled(rule: Rule) -> VariantParts:
    scale = options(rule.compute)["scale"]
    yield "scaled loss not unscaled", unchanged
    yield "multiplied by the scale again", lambda g: g * scale
    yield "scale taken off twice", lambda g: g / scale / scale
    yield "gradient of the step before", rule.compute, (names.previous(rule.inputs[0]),)
    for size in SIZES[:3]:
        yield f"scale × {1 + size:g}", partial(rule.compute, scale=scale * (1 + size))


def _clipping(rule: Rule, optimizer: Optimizer) -> VariantParts:
    """Yield the variant of a sum or mean that clips the gradient of each step, if gradients are clipped."""
    clip = partial(clipping.by_value, most=optimizer.clipvalue)
    if optimizer.clipnorm:
        clip = partial(clipping.by_norm, most=optimizer.clipnorm)
    if optimizer.clipnorm or optimizer.clipvalue:
        name = "each micro-gradient clipped, not their mean"
        yield name, lambda g, *read: rule.compute(clip(g), *read)


def _means(rule: Rule, optimizer: Optimizer) -> VariantParts:
    (g, before), steps = rule.inputs, optimizer.gradient_accumulation_steps
    yield from _clipping(rule, optimizer)
    yield "sum in place of the mean of the accumulated gradients", lambda g, total: g + total
    yield "mean of one gradient too few", lambda g, total: (g + total) / (steps - 1)
    yield "mean of one gradient too many", lambda g, total: (g + total) / (steps + 1)
    yield "the last gradient alone", unchanged, (g,)
    yield "the last gradient left out", lambda total: total / steps, (before,)
    yield "mean without the last gradient", lambda total: total / (steps - 1), (before,)


def _sums(rule: Rule, optimizer: Optimizer) -> VariantParts:
    yield from _clipping(rule, optimizer)
    yield "accumulated gradients not set to 0", lambda g, total, t: g + total
    yield "gradient not added", lambda g, total, t: total * 1.0
    yield "gradients before not kept", lambda g, total, t: g * 1.0
    yield "set to 0 in every step", lambda g, total, t: total * 0.0
    yield "sign of the gradient in the sum", lambda g, total, t: rule.compute(-g, total, t)


def _averages(rule: Rule) -> VariantParts:
    mu, (before, after, t) = options(rule.compute)["momentum"], rule.inputs
    yield "momentum exchanged with 1 - momentum", partial(rule.compute, momentum=1 - mu)
    yield "average of the weights before the step", rule.compute, (before, names.read(after).base, t)
    yield "average begins at 0", lambda a, P, t: a * mu + P * (1 - mu)
    yield "average not brought up to date", unchanged, (before,)
    yield "the weights in place of their average", unchanged, (after,)
    yield "average without 1 - momentum", lambda a, P, t: a * mu + P
    for size in SIZES:
        yield f"μ of the average × (1 - {size:g})", partial(rule.compute, momentum=mu * (1 - size))


def _overwritten(rule: Rule) -> VariantParts:
    average, after, t = rule.inputs
    yield "not overwritten by the average", unchanged, (after,)
    yield "overwritten by the average in every step", unchanged, (average,)
    yield "overwritten by the average before", rule.compute, (names.before(average), after, t)


def of_scaled_slope(rule: Rule, parts_of: Callable[[Rule], VariantParts]) -> Iterator[Any]:
    """Yield the variants of the slope of a scaled loss; `parts_of` gives those of the slope itself."""
    scaled = options(rule.compute)
    yield "loss not scaled", scaled["slope"]
    for name, compute, *inputs in parts_of(replace(rule, compute=scaled["slope"])):
        yield name, partial(around.scaled_slope, slope=compute, scale=scaled["scale"]), *inputs


def of_reading(rule: Rule) -> VariantParts:
    """Yield the variants that read an earlier gradient than the one that the optimizer is handed."""
    for place, x in enumerate(rule.inputs):
        name = names.read(x)
        earlier = {names.UNSCALED: "not unscaled", names.MEAN: "of this step alone"}.get(name.role)
        if earlier:
            inputs = (*rule.inputs[:place], names.gradient(name.base), *rule.inputs[place + 1 :])
            yield f"the gradient {earlier}", rule.compute, inputs
