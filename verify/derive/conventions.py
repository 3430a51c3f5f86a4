"""Say which convention an equation follows where others have another, and what number the others would give."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from reference.activity import slope_of_sizes
from reference.branches import KIND as BRANCHES
from reference.orthogonal import mean_cosine_slope
from reference.regularizers import absolute_slope, both_slopes, squared_slope
from reference.rule import Rule
from reference.sliding import Sliding
from reference.tensor_names import read
from verify.compare.faults import other_operands, propagate
from verify.compare.variants import IMPOSSIBLE, variants
from verify.compare.variants.layers.batch_normalization import UNBIASED
from verify.compare.variants.layers.flatten import NOT_PERMUTED
from verify.compare.variants.layers.leaky_relu import AT_0
from verify.compare.variants.optimizers.rmsprop import OUTSIDE
from verify.compare.variants.shared import options
from verify.compare.variants.sliding import OTHER_SIDE
from verify.compare.variants.update import AFTER, COUPLED
from verify.derive.case import DerivedStep

DECOUPLED = "The weight decay is decoupled from the gradient and comes before the update"
PADDING = "padding"
FOLLOWED = {  # a variant that others follow, and what the equation says in its place
    AT_0: "The slope at z = 0 is a convention, and here it is the slope below 0",
    UNBIASED: "The variance is divided by n",
    OUTSIDE: "ε is added inside the root",
    AFTER: DECOUPLED,
    COUPLED: DECOUPLED,
    OTHER_SIDE: PADDING,
    NOT_PERMUTED: "Keras's channels_first moves axis 1 of an example behind the others",
}
SLIDES = ("convolution", "depthwise_convolution")
AXES = {1: ("positions",), 2: ("rows", "columns"), 3: ("planes", "rows", "columns")}


def conventions(case: DerivedStep, rule: Rule, position: tuple[int, ...]) -> Iterator[str]:
    """Yield sentences about the conventions that one number depends on. `position` counts from 0."""
    yield from _regularizer(case, rule, position)
    padding = _padding(rule)
    others: dict[str, list[str]] = {padding: []} if padding else {}
    for name, value in _others(case, rule, position):
        here = padding if FOLLOWED[name] == PADDING else FOLLOWED[name]
        if here:
            others.setdefault(here, []).append(f"{value:.9g} ({name})")
    for here, values in others.items():
        yield here + (f"; by other conventions the number would be {', '.join(values)}" if values else "")


def _others(case: DerivedStep, rule: Rule, position: tuple[int, ...]) -> Iterator[tuple[str, float]]:
    """Yield the name of each other convention, and the number that it gives in place of TensorFlow's.

    A number of an update comes from all updates of its parameter, with the convention in each of them. If the trace
    lacks one of these tensors, nothing is yielded. Any other number comes from its own rule alone.
    """
    base = read(rule.tensor).base
    plan: tuple[Rule, ...] = (rule,)
    if rule.phase == "update":
        plan = tuple(r for r in case.rules.values() if r.phase == "update" and read(r.tensor).base == base)
    if not case.captured.keys() >= {r.tensor for r in plan}:
        return
    replaced: dict[str, dict[str, Rule]] = {}
    for one in plan:
        for variant in variants(one, case.trace.network, case.optimizer):
            if variant.name in FOLLOWED:
                replaced.setdefault(variant.name, {})[one.tensor] = variant.rule
    captured = case.captured[rule.tensor][position]
    for name, rules in replaced.items():
        try:
            changed = propagate(plan, rules, case.captured, other_operands(case.trace, case.number))
        except IMPOSSIBLE:
            continue
        if rule.tensor in changed and np.isfinite(changed[rule.tensor][position]):
            value = changed[rule.tensor][position]
            if value != captured:
                yield name, float(value)


def _padding(rule: Rule) -> str:
    """Return which rows and columns of zeros stand around what the kernel reads, or "" if there are none."""
    sliding = options(rule.compute).get("sliding")
    if rule.kind not in SLIDES or rule.phase != "forward" or not isinstance(sliding, Sliding):
        return ""
    sides = tuple(zip(AXES[len(sliding.kernel)], sliding.before, sliding.behind, strict=True))
    if not any(before or behind for _, before, behind in sides):
        return ""
    return "Zeros are padded: " + ", ".join(
        f"{word} {before} before and {behind} behind" for word, before, behind in sides
    )


def _regularizer(case: DerivedStep, rule: Rule, position: tuple[int, ...]) -> Iterator[str]:
    """Yield the share of a gradient that its regularizer has."""
    first = 0
    for compute, count in options(rule.compute)["parts"] if rule.kind == BRANCHES else ():
        names = rule.inputs[first : first + count]
        first += count
        own = compute.func if isinstance(compute, partial) else compute
        if own in (absolute_slope, squared_slope, both_slopes, mean_cosine_slope, slope_of_sizes):
            part = float(compute(case.array(names[0]).astype(np.float64))[position])
            yield f"The regularizer's share of this gradient is {part:.9g}"
