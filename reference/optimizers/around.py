"""Scale the loss, accumulate gradients, average weights: Keras does this around the step of every optimizer.

With accumulation over k steps, t counts the steps of the training, each with a gradient of its own. Only every k-th
step moves the weights: by the mean of its gradient and the k - 1 before it. What an optimizer itself counts, such as
the t of Adam's bias correction, are these moves.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from reference import tensor_names as names
from reference.operations import choose, divided, product, rounded_as
from reference.rule import Rule

AVERAGE, ACCUMULATED = "average", "accumulated"
KIND = "around"


@dataclass(frozen=True, kw_only=True)
class Around:
    """The options of what is done around the step; the defaults are Keras's, 0 means "not used".

    `undecayed` names the parameters that weight decay leaves as they are.
    """

    undecayed: tuple[str, ...] = ()
    use_ema: bool = False
    ema_momentum: float = 0.99
    ema_overwrite_frequency: float = 0.0
    loss_scale_factor: float = 0.0
    gradient_accumulation_steps: float = 0.0

    @property
    def keeps(self) -> tuple[str, ...]:
        """The letters of the tensors that the optimizer itself keeps for each parameter."""
        return ()

    @property
    def carries(self) -> tuple[str, ...]:
        """The letters of all that is kept for each parameter, the average and the sum of gradients included."""
        average = (AVERAGE,) if self.use_ema else ()
        return (*self.keeps, *average, *((ACCUMULATED,) if self.gradient_accumulation_steps else ()))

    def handed(self, P: str) -> str:
        """Return the name of the gradient of P that the optimizer is handed."""
        if self.gradient_accumulation_steps:
            return names.mean(P)
        return names.unscaled(P) if self.loss_scale_factor else names.gradient(P)


def with_what_is_around(own: Iterator[Rule], around: Around, P: str, layer: int) -> Iterator[Rule]:
    """Yield the rules that an optimizer has for P, of the gradient that it is handed, and of the average after them.

    In the order of Keras's `apply`.
    """
    steps = around.gradient_accumulation_steps
    overwrites = around.use_ema and around.ema_overwrite_frequency
    for rule in own:
        rule = _reading_what_is_handed(rule, around)
        if rule.tensor == names.new(P) and overwrites:
            rule = replace(rule, tensor=names.updated(P))
        moves = names.read(rule.tensor).state in ("new", "updated")
        yield wait(rule, steps) if steps and not (moves and names.update(P) in rule.inputs) else rule
    if around.use_ema:
        yield from _average(around, P, layer)


def _reading_what_is_handed(rule: Rule, around: Around) -> Rule:
    """Return a rule that reads, in place of each gradient, the one that the optimizer is handed."""
    inputs = tuple(
        around.handed(name.base) if (name := names.read(x)).role == "d" and x == names.gradient(name.base) else x
        for x in rule.inputs
    )
    scaled = inputs != rule.inputs and rule.kind in ("sgd", "")  # the product with another constant follows
    folded = tuple(x for x in inputs if names.read(x).role in (names.UNSCALED, names.MEAN)) if scaled else ()
    return replace(rule, inputs=inputs, folded=(*rule.folded, *folded))


def of_gradient(around: Around, P: str, layer: int) -> Iterator[Rule]:
    """Yield the rules of the gradient without the scale of the loss, of the sum of gradients, and of their mean.

    In the order of Keras's `apply`.
    """
    g, scale, steps = names.gradient(P), around.loss_scale_factor, around.gradient_accumulation_steps
    options: dict[str, Any] = {"elementwise": True, "kind": KIND}
    if scale:
        unscale = partial(divided_by, scale=scale)
        yield Rule(names.unscaled(P), "Keras: loss_scale_factor", (g,), unscale, layer, "update", **options)
        g = names.unscaled(P)
    if steps:
        total, source = names.kept(ACCUMULATED, P), "Keras: gradient_accumulation_steps"
        inputs, mean = (g, names.before(total)), partial(mean_of_steps, steps=steps)
        yield wait(Rule(names.mean(P), source, inputs, mean, layer, "update", **options), steps)
        add = partial(accumulated, steps=steps)
        yield Rule(total, source, (*inputs, "t"), add, layer, "update", **options)


def _average(around: Around, P: str, layer: int) -> Iterator[Rule]:
    """Yield the rule of the average of P and, if the average overwrites P, of P after that."""
    average, every = names.kept(AVERAGE, P), around.ema_overwrite_frequency
    steps, options = around.gradient_accumulation_steps, {"elementwise": True, "kind": KIND}
    after = names.updated(P) if every else names.new(P)
    compute = partial(averaged, momentum=around.ema_momentum)
    rule = Rule(average, "Keras: use_ema", (names.before(average), after, "t"), compute, layer, "update", **options)  # type: ignore[arg-type]
    yield wait(rule, steps) if steps else rule
    if every:
        inputs, overwrite = (average, after, "t"), partial(overwritten, every=every * (steps or 1))
        source = "Keras: ema_overwrite_frequency"
        yield Rule(names.new(P), source, inputs, overwrite, layer, "update", **options)  # type: ignore[arg-type]


def divided_by(g: Any, scale: float) -> Any:
    """The gradient of the cost, from that of the cost times s: g / s.  g -> its shape.  Keras: loss_scale_factor"""
    return divided(g, scale)


def scaled_slope(*read: Any, slope: Any, scale: float) -> Any:
    """The slope of the cost times s.  What the slope reads -> its shape.  Keras: loss_scale_factor"""
    dT = slope(*read)
    return product(dT, rounded_as(scale, dT))


def mean_of_steps(g: Any, total: Any, steps: float) -> Any:
    """The mean of k gradients.  g, the sum of the others -> their shape.  Keras: gradient_accumulation_steps"""
    return divided(g + total, steps)


def accumulated(g: Any, total: Any, t: Any, steps: float) -> Any:
    """The sum of gradients so far, 0 after every k-th.  g, total -> g's shape.  Keras: gradient_accumulation_steps"""
    return choose(is_multiple(t, steps), 0.0, g + total)


def averaged(average: Any, P: Any, t: Any, momentum: float) -> Any:
    """μ a + (1 - μ) P, and P itself after the first step.  average, P -> P's shape.  Keras: use_ema"""
    mu = rounded_as(choose(t > 1, momentum, 0.0), P)
    return average * mu + P * (1 - mu)


def overwritten(average: Any, P: Any, t: Any, every: float) -> Any:
    """The average in every f-th step, else P.  average, P -> P's shape.  Keras: ema_overwrite_frequency"""
    return choose(is_multiple(t, every), average, P)


def is_multiple(t: Any, k: float) -> Any:
    """True if t is a multiple of k.  t scalar -> scalar.  Keras: gradient_accumulation_steps"""
    parts = t / k
    return parts == np.floor(parts)


def wait(rule: Rule, steps: float) -> Rule:
    """Return a rule that acts in every k-th step only; in between, the tensor is as before, or 0 if it has no before.

    Keras: gradient_accumulation_steps.

    Where the rule reads t, it reads the number of times that it has acted.
    """
    name = names.read(rule.tensor)
    fallback = names.before(rule.tensor) if name.is_kept else name.base if name.state else ""
    ticks = tuple(place for place, x in enumerate(rule.inputs) if x == "t")
    compute = partial(waiting, compute=rule.compute, steps=steps, ticks=ticks, falls_back=bool(fallback))
    return replace(rule, inputs=("t", *rule.inputs, *([fallback] if fallback else [])), compute=compute)


def acting(rule: Rule) -> Rule:
    """Return the rule of which `wait` has made this one.  Keras: gradient_accumulation_steps"""
    options = rule.compute.keywords  # type: ignore[attr-defined]
    inputs = rule.inputs[1:-1] if options["falls_back"] else rule.inputs[1:]
    return replace(rule, inputs=inputs, compute=options["compute"])


def waiting(t: Any, *read: Any, compute: Any, steps: float, ticks: tuple[int, ...], falls_back: bool) -> Any:
    """Act by an equation in every k-th step; in between, keep what was before.  Keras: gradient_accumulation_steps"""
    before = read[-1] if falls_back else 0.0
    inputs = list(read[:-1] if falls_back else read)
    for place in ticks:
        inputs[place] = np.ceil(t / steps)
    return choose(is_multiple(t, steps), compute(*inputs), before)
