"""Measure the sensitivity of a PASS: how many altered equations does the comparison notice on the tensors that passed?

This is a quick selection of the faults of `verify.faults`: each variant of the output layer's tensors, in the last
step, one tensor at a time. It also finds the smallest relative change of each whole tensor that would be noticed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from reference.rules import Rule
from reference.tensor_names import previous
from verify.bounds import Ball
from verify.compare.diagnosis import attempt
from verify.compare.effect_size import distance, smallest
from verify.compare.faults import beside, computed
from verify.compare.plan import planned
from verify.compare.tensor import PASSING, Tolerance, values
from verify.compare.variants import IMPOSSIBLE, variants
from verify.compare.walk import Walk
from verify.records.precision import Floats
from verify.records.settings import OPTIMIZERS
from verify.records.trace import Array

MANY = 4096  # from a larger tensor, about this many elements are sampled for the smallest change
PHASES = ("forward", "backward", "update")


@dataclass(frozen=True)
class Power:
    """The sensitivity of a comparison.

    `tried` counts the altered equations, `caught` those noticed, and `equal` those that rounding cannot tell from the
    truth. `change` has, for each phase, the range over its tensors of the smallest relative change that is noticed.
    """

    tried: int
    caught: int
    equal: int
    change: dict[str, tuple[float, float]]

    def __str__(self) -> str:
        missed = self.tried - self.caught - self.equal
        smallest_changes = ", ".join(f"{phase} {_range(*ends)}" for phase, ends in self.change.items())
        return (
            f"What this is worth: {self.tried} altered equations were tried on the output layer's tensors; "
            f"{self.caught} were noticed, {self.equal} equal the truth within rounding, {missed} went unnoticed. "
            f"The smallest relative change of a whole tensor that is noticed: {smallest_changes}."
        )


def _range(low: float, high: float) -> str:
    """Return a range as text: "1e-07 to 3e-06", or one number if both ends have the same text."""
    texts = ["never" if math.isinf(x) else f"{x:.0e}" for x in (low, high)]
    return texts[0] if texts[0] == texts[1] else f"{texts[0]} to {texts[1]}"


def power(walk: Walk, tolerance: Tolerance | None) -> Power:
    """Return the sensitivity of a comparison. All tensors of the walk's last step must have passed."""
    trace = walk.trace
    step = trace.settings.steps
    tensors, plan = trace.step(step), planned(trace, walk.command, step == 1)[0]
    tried = caught = equal = 0
    inputs = {**{previous(name): ball for name, ball in walk.previous.items()}, **walk.local}
    for rule, other, array in _altered(walk, plan):
        ball = walk.balls[rule.tensor]
        noticed = values(ball.value, _bound(ball, tolerance), array, walk.precision)["verdict"] not in PASSING
        tried += 1
        caught += noticed
        equal += not noticed and distance(ball, attempt(other, inputs, walk.precision), array) <= 1
    smallest_changes: dict[str, list[float]] = {}
    for rule in plan:
        if rule.phase in PHASES and rule.tensor in walk.balls and tensors[rule.tensor].any():
            ball = walk.balls[rule.tensor]
            sampled = slice(None, None, max(1, ball.value.size // MANY))
            arrays = (ball.value, _bound(ball, tolerance), tensors[rule.tensor])
            change = smallest(*(np.ravel(array)[sampled] for array in arrays))
            smallest_changes.setdefault(rule.phase, []).append(change)
    ranges = {phase: (min(changes), max(changes)) for phase, changes in smallest_changes.items()}
    return Power(tried, caught, equal, ranges)


def _bound(ball: Ball, tolerance: Tolerance | None) -> Floats:
    """Return the bound of each element: the fixed tolerance if there is one, else the ball's radius."""
    return tolerance.allowed(ball.value) if tolerance else ball.spread()


def _altered(walk: Walk, plan: tuple[Rule, ...]) -> Iterator[tuple[Rule, Rule, Array]]:
    """Yield, for each variant of the output layer's tensors: the rule, the variant, and the variant's tensor."""
    trace = walk.trace
    optimizer = OPTIMIZERS[trace.settings.optimizer]
    others = beside(trace, trace.settings.steps)
    tensors = trace.step(trace.settings.steps)
    for rule in plan:
        if rule.layer == trace.network.depth and rule.tensor in walk.balls:
            for variant in variants(rule, trace.network, optimizer, trace.settings.loss):
                try:
                    array = computed(variant.rule, tensors, others)
                except IMPOSSIBLE:
                    continue  # for example a transpose that does not fit, or a step before the first
                yield rule, variant.rule, array
