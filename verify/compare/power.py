"""What this PASS is worth: altered equations tried on the very tensors that passed, and how many are noticed.

A quick selection: every variant of every tensor of the output layer, in the last step, each alone; and for
every tensor the smallest relative change of the whole of it that would be noticed. verify.faults does it all.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from reference.rules import Rule
from reference.tensor_names import previous
from verify.compare.diagnosis import attempt
from verify.compare.effect_size import apart, smallest
from verify.compare.faults import beside, computed
from verify.compare.plan import planned
from verify.compare.tensor import PASSING, Tolerance, values
from verify.compare.variants import IMPOSSIBLE, variants
from verify.compare.walk import Walk
from verify.records.settings import OPTIMIZERS
from verify.records.trace import Array

MANY = 4096  # of a larger tensor every so many-th element is looked at for its smallest change
PHASES = {"forward": "forward", "backward": "backward", "update": "update"}


@dataclass(frozen=True)
class Power:
    """`equal` of the tried faults differ from the truth by no more than rounding; `change`: smallest and largest δ."""

    tried: int
    caught: int
    equal: int
    change: dict[str, tuple[float, float]]

    def __str__(self) -> str:
        missed = self.tried - self.caught - self.equal
        least = ", ".join(f"{phase} {_range(*ends)}" for phase, ends in self.change.items())
        return (
            f"What this is worth: {self.tried} altered equations were tried on the output layer's tensors; "
            f"{self.caught} were noticed, {self.equal} equal the truth within rounding, {missed} went unnoticed. "
            f"The smallest relative change of a whole tensor that is noticed: {least}."
        )


def _range(low: float, high: float) -> str:
    texts = ["never" if math.isinf(x) else f"{x:.0e}" for x in (low, high)]
    return texts[0] if texts[0] == texts[1] else f"{texts[0]} to {texts[1]}"


def power(walk: Walk, tolerance: Tolerance | None) -> Power:
    """Of a walk that has just passed its last step."""
    trace = walk.trace
    step = trace.settings.steps
    held, plan = trace.step(step), planned(trace, walk.command, step == 1)[0]
    tried = caught = equal = 0
    known = {**{previous(name): ball for name, ball in walk.previous.items()}, **walk.local}
    for rule, other, array in _altered(walk, plan):
        ball = walk.balls[rule.tensor]
        allowed = tolerance.allowed(ball.value) if tolerance else ball.spread()
        noticed = values(ball.value, allowed, array, walk.precision)["verdict"] not in PASSING
        tried += 1
        caught += noticed
        equal += not noticed and apart(ball, attempt(other, known, walk.precision), array) <= 1
    changes: dict[str, list[float]] = {}
    for rule in plan:
        if rule.phase in PHASES and rule.tensor in walk.balls and held[rule.tensor].any():
            ball = walk.balls[rule.tensor]
            allowed = tolerance.allowed(ball.value) if tolerance else ball.spread()
            every = slice(None, None, max(1, ball.value.size // MANY))
            few = [np.ravel(x)[every] for x in (ball.value, allowed, held[rule.tensor])]
            changes.setdefault(PHASES[rule.phase], []).append(smallest(*few))
    return Power(tried, caught, equal, {phase: (min(found), max(found)) for phase, found in changes.items()})


def _altered(walk: Walk, plan: tuple[Rule, ...]) -> Iterator[tuple[Rule, Rule, Array]]:
    """Each variant of the output layer's tensors, and what it gives in the format of the trace."""
    trace = walk.trace
    optimizer = OPTIMIZERS[trace.settings.optimizer]
    read = beside(trace, trace.settings.steps)
    held = trace.step(trace.settings.steps)
    for rule in plan:
        if rule.layer == trace.network.depth and rule.tensor in walk.balls:
            for variant in variants(rule, trace.network, optimizer, trace.settings.loss):
                try:
                    array = computed(variant.rule, held, read)
                except IMPOSSIBLE:
                    continue  # it cannot be computed here: a transpose that does not fit, a step before the first
                yield rule, variant.rule, array
