"""Measure the sensitivity of a PASS: how many altered equations does the comparison notice on the tensors that passed?

This is a quick selection of the faults of `verify.faults`: each variant of the output layer's tensors, in the last
step, one tensor at a time. It also finds the smallest relative change of each whole tensor that would be noticed.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from reference.rules import Rule
from verify.bounds import Ball
from verify.compare.diagnosis import attempt
from verify.compare.faults import compute, other_operands
from verify.compare.plan import planned
from verify.compare.tensor import PASSING, Tolerance, bound_of, values
from verify.compare.variants import IMPOSSIBLE, variants
from verify.compare.walk import Walk
from verify.records.precision import Floats
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
            f"What a PASS can notice: {self.tried} altered equations were tried on the output layer's tensors; "
            f"{self.caught} were noticed, {self.equal} equal the truth within rounding, {missed} went unnoticed. "
            f"The smallest relative change of a whole tensor that is noticed: {smallest_changes}."
        )


def _range(low: float, high: float) -> str:
    """Return a range as text: "1e-07 to 3e-06", or one number if both ends have the same text."""
    texts = dict.fromkeys("never" if math.isinf(x) else f"{x:.0e}" for x in (low, high))
    return " to ".join(texts)


def power(walk: Walk, tolerance: Tolerance | None) -> Power:
    """Return the sensitivity of a comparison. All tensors of the walk's last step must have passed."""
    plan = planned(walk.trace, walk.command, walk.trace.settings.steps == 1)[0]
    tried = caught = equal = 0
    for variant, array in _altered(walk, plan):
        ball = walk.balls[variant.tensor]
        noticed = values(ball.value, bound_of(ball, tolerance), array, walk.precision)["verdict"] not in PASSING
        tried += 1
        caught += noticed
        equal += not noticed and distance(ball, attempt(variant, walk.operands, walk.precision), array) <= 1
    changes: dict[str, list[float]] = {}
    for rule in plan:
        if rule.phase in PHASES and rule.tensor in walk.balls and walk.tensors[rule.tensor].any():
            ball = walk.balls[rule.tensor]
            sample = slice(None, None, max(1, ball.value.size // MANY))
            arrays = (ball.value, bound_of(ball, tolerance), walk.tensors[rule.tensor])
            changes.setdefault(rule.phase, []).append(smallest(*(np.ravel(array)[sample] for array in arrays)))
    return Power(tried, caught, equal, {phase: (min(sizes), max(sizes)) for phase, sizes in changes.items()})


def _altered(walk: Walk, plan: tuple[Rule, ...]) -> Iterator[tuple[Rule, Array]]:
    """Yield each variant of the output layer's tensors, as a rule, and the tensor that it gives."""
    others = other_operands(walk.trace, walk.trace.settings.steps)
    for rule in plan:
        if rule.layer == walk.trace.network.depth and rule.tensor in walk.balls:
            for variant in variants(rule, walk.trace.network, walk.optimizer):
                try:
                    array = compute(variant.rule, walk.tensors, others)
                except IMPOSSIBLE:
                    continue  # for example a transpose that does not fit, or a step before the first
                yield variant.rule, array


def distance(truth: Ball, other: Ball | None, captured: Array) -> float:
    """Return the largest difference between `truth` and `other`, divided by the sum of both bounds.

    Without another ball of the same shape, TensorFlow's tensor `captured` takes its place, with a bound of 0. If two
    balls give 1 or less, then at every element there is a number that rounding can make of both: no comparison can
    tell them apart. The balls give the distance; the comparator has no part in it.
    """
    with np.errstate(all="ignore"):
        if other is not None and other.shape == truth.shape:
            difference, bound = np.abs(truth.value - other.value), truth.spread() + other.spread()
        else:
            difference, bound = np.abs(captured.astype(np.float64) - truth.value), truth.spread()
        if not np.isfinite(difference).all():
            return float("inf")
        return float(np.max(np.where(difference == 0, 0.0, difference / bound)))


def smallest(value: Floats, bound: Floats, captured: Array) -> float:
    """Return the smallest δ for which captured·(1 ± δ) is out of bounds somewhere, found by bisection.

    `value` is the tensor by hand, `captured` TensorFlow's tensor. Returns infinity if δ = 1 is not noticed.
    """
    wide = captured.astype(np.float64)

    def noticed(delta: float) -> bool:
        with np.errstate(all="ignore"):  # numbers near the end of the format overflow
            changed = ((wide * (1 + sign * delta)).astype(captured.dtype) for sign in (1, -1))
            return any(bool((np.abs(array.astype(np.float64) - value) > bound).any()) for array in changed)

    low, high = 2.0**-60, 1.0
    if not noticed(high):
        return float("inf")
    while high / low > 1.05:
        middle = float(np.sqrt(low * high))
        low, high = (low, middle) if noticed(middle) else (middle, high)
    return high
