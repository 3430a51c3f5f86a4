"""Compare each tensor of a trace with its rule, in two modes.

*local*: the rule reads the inputs that TensorFlow itself had. An error normally does not spread to other tensors, so
the tensor that is outside is where the error was made. *chained*: the rules start from X, y and the first weights alone
and read each other's results, as the essay does by hand.

A run passes if no comparison fails, local or chained (`verify.results.result`).
"""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, replace
from functools import partial
from typing import Self, TypeVar

import numpy as np

from reference.rules import Rule
from reference.tensor_names import CARRIED, carried, previous
from verify.bounds import Ball
from verify.compare.diagnosis import Context, diagnose
from verify.compare.evaluation import (
    Memo,
    any_of,
    chain_inputs,
    evaluate,
    exact_balls,
    fused,
    inner_balls,
    recomputed,
    scalars,
)
from verify.compare.masks import Masks
from verify.compare.overflow import INSIDE, overflows_inside
from verify.compare.own_results import compare_own_results
from verify.compare.plan import StepInputs, begins_with, own_results, planned, strays
from verify.compare.recompute import coefficients_as_numbers, plainly
from verify.compare.reported import compare_reported
from verify.compare.rule import compare_tensor
from verify.compare.tensor import Comparison, Tolerance
from verify.records.precision import PRECISIONS
from verify.records.settings import OPTIMIZERS
from verify.records.trace import Array, Trace

MODES = ("local", "chained")
TOGETHER = "XLA computes it together with "  # begins the explanation of a tensor judged over several rules
TOO_WIDE = "and the bound of all of it is wider than half of the number"
OTHERWISE = "XLA makes a choice that the equation leaves open in another way"
EXPLAINED = 6  # how many of the tensors that disagree are explained, in the order of computing
Tensor = TypeVar("Tensor")


class Walk:
    """A comparison of a trace, step by step. It keeps the tensors and balls that the next step needs.

    `memo` keeps the results of evaluations by the ids of their operands: if one tensor changes, only the rules that
    read this tensor are evaluated again. `modes` may leave out "chained".
    """

    def __init__(
        self,
        trace: Trace,
        command: str,
        tolerance: Tolerance | None = None,
        memo: Memo | None = None,
        modes: tuple[str, ...] = MODES,
    ) -> None:
        self.trace, self.command, self.tolerance, self.memo, self.modes = trace, command, tolerance, memo, modes
        self.precision, self.optimizer = PRECISIONS[trace.settings.dtype], OPTIMIZERS[trace.settings.optimizer]
        self.local: dict[str, Ball] = {}  # what the latest step's rules read in local mode
        self.previous: dict[str, Ball] = {}  # `local` of the step before the latest one
        self.chain: dict[str, Ball] = {}  # what these rules read in chained mode, and their results in it
        self.balls: dict[str, Ball] = {}  # the results of these rules in local mode
        self.explains = True  # whether to look for the causes of disagreements
        self.tensors: Mapping[str, Array] = {}  # TensorFlow's tensors of the latest step
        self.masks = Masks(trace.network)
        self.ended: set[str] = set()  # the tensors of `chain` that follow from an infinity or NaN: they are not judged
        self.is_finite = True  # whether all of TensorFlow's numbers so far are finite

    @property
    def operands(self) -> dict[str, Ball]:
        """The captured tensors of the latest step and of the step before it, as balls: all that a variant may read.

        The names of the step before have "~" at their ends.
        """
        return {**{previous(name): ball for name, ball in self.previous.items()}, **self.local}

    def begin(self, tensors: Mapping[str, Array]) -> None:
        """Set the tensors that the next step carries over, as if TensorFlow had computed them in the latest step.

        `tensors` has the new parameters and the optimizer's state (W1_new, m_W1, …). Call it before `step` if the steps
        before were not compared here.
        """
        self.tensors = tensors
        self.local = exact_balls(tensors, self.trace, tensors, self.precision)

    def step(self, number: int, captured: Mapping[str, Array], first: bool | None = None) -> list[Comparison]:
        """Return the comparisons of the next step's tensors. `captured` has the tensors as TensorFlow computed them.

        In the `first` step (number 1 if not said) the optimizer's state must be that of a new one.
        """
        trace, settings = self.trace, self.trace.settings
        plan, rest = planned(trace, self.command, number == 1 if first is None else first)
        names = dict.fromkeys((*(rule.tensor for rule in plan), *begins_with(trace), *own_results(trace)))
        exact = exact_balls(captured, trace, names, self.precision, self.memo)
        constants = scalars(settings.done + number, self.optimizer, self.precision)
        self.previous = self.local
        self.local = {**exact, **_carried_over(self.local), **constants}
        begins = number == 1 or self.command == "feedforward"
        self.chain = {**chain_inputs(self.local, trace, begins), **_carried_over(self.chain), **constants}
        self.ended = set() if begins else set(_carried_over(dict.fromkeys(self.ended, "")))
        numbers = coefficients_as_numbers(settings.done + number, self.optimizer, settings.dtype)
        arrays = {**captured, **_carried_over(self.tensors), **numbers}
        self.tensors, self.balls = captured, {}
        comparisons = list(StepInputs(trace, plan, rest).problems(number, captured))
        comparisons += self.masks.problems(number, captured)
        infinite = {name for name, a in captured.items() if a.dtype.kind == "f" and not np.isfinite(a).all()}
        self.is_finite = self.is_finite and not infinite
        for order, rule in enumerate(plan, 1):
            if rule.tensor in infinite or not self.ended.isdisjoint(rule.inputs):
                self.ended.add(rule.tensor)
            for mode in self.modes:
                if mode == "local" or rule.tensor not in self.ended:
                    comparisons.append(self._judged(rule, plan, number, order, mode, arrays))
        comparisons += compare_own_results(number, trace, plan, self.local, captured, self.tolerance, self.balls)
        last = len(plan) + len(captured)  # no other comparison of this step has so high an order
        comparisons += compare_reported(number, last, trace, captured, self.balls.get("C"), self.tolerance)
        if self.explains and not self.tolerance:
            self._explain(comparisons, {rule.tensor: rule for rule in plan})
        return comparisons

    def _judged(
        self, rule: Rule, plan: tuple[Rule, ...], step: int, order: int, mode: str, arrays: Mapping[str, Array]
    ) -> Comparison:
        """Return the comparison of one tensor in one mode, and keep its ball. `arrays` has what plain NumPy reads."""
        jit, dtype = self.trace.settings.jit, self.trace.settings.dtype
        operands = fused(rule, self.local, jit) if mode == "local" else self.chain
        ball = evaluate(rule if mode == "local" else any_of(rule, jit), operands, self.precision, self.memo)
        actual, array = self.tensors.get(rule.tensor), None
        if ball is not None:  # without a ball, an input is missing or has another shape
            (self.balls if mode == "local" else self.chain)[rule.tensor] = ball
            array = recomputed(rule, arrays, dtype, self.memo) if mode == "local" else None
        plain = partial(plainly, rule, arrays, dtype)
        one = compare_tensor(rule, step, order, mode, ball, actual, self.tolerance, dtype, array, plain)
        if mode == "chained" or self.tolerance or ball is None or actual is None:
            return one
        if one.verdict == "outside" and jit:
            one = self._otherwise(rule, self._spanning(rule, plan, one, array), arrays)
        if one.verdict in ("outside", "not_finite") and overflows_inside(
            rule, arrays, ball, actual, array, self.trace.network
        ):
            one = replace(one, verdict="unjudged", explanation=f"{INSIDE} {dtype}")
            self.ended.add(rule.tensor)
        return one

    def _spanning(self, rule: Rule, plan: tuple[Rule, ...], first: Comparison, array: Array | None) -> Comparison:
        """Return the comparison of a tensor that XLA may have computed together with its inputs.

        XLA may compute an inner tensor again wherever another tensor needs it, and round it differently or not at all.
        So the rule reads the ball of an inner tensor, not the captured tensor. If wider bounds, which let XLA recompute
        inner tensors, still fail, return the first comparison unchanged.
        """
        inner, operands = inner_balls(rule, {r.tensor: r for r in plan}, self.local, self.precision)
        ball = evaluate(rule, operands, self.precision) if inner else None
        actual = self.tensors[rule.tensor]
        wider = compare_tensor(rule, first.step, first.order, "local", ball, actual, None, self.precision.name, array)
        if ball is None or not wider.passed:
            return first
        narrow = self.balls[rule.tensor]
        outside = ~(np.abs(actual - narrow.value) <= narrow.spread())
        if (ball.spread()[outside] > np.abs(ball.value[outside]) / 2).any():  # such a bound would notice nothing
            return replace(first, verdict="unjudged", explanation=f"{TOGETHER}{', '.join(inner)}, {TOO_WIDE}")
        self.balls[rule.tensor] = ball
        return replace(wider, explanation=f"{TOGETHER}{', '.join(inner)}")

    def _otherwise(self, rule: Rule, first: Comparison, arrays: Mapping[str, Array]) -> Comparison:
        """Return the comparison with another function of the rule, which XLA may have taken; the first if none fits."""
        for compute in rule.otherwise if first.verdict == "outside" else ():
            other = replace(rule, compute=compute)
            ball = evaluate(other, fused(rule, self.local, True), self.precision)
            array = recomputed(other, arrays, self.precision.name, None)
            actual = self.tensors[rule.tensor]
            one = compare_tensor(rule, first.step, first.order, "local", ball, actual, None, self.precision.name, array)
            if ball is not None and one.passed:
                self.balls[rule.tensor] = ball
                return replace(one, explanation=OTHERWISE)
        return first

    def _explain(self, comparisons: list[Comparison], rules: Mapping[str, Rule]) -> None:
        """Add an explanation to the comparisons of the first tensors that are outside in local mode."""
        judged = [i for i, c in enumerate(comparisons) if c.mode == "local" and c.tensor in rules]
        # order 0 is an input, which has no equation that another could replace
        outside = [i for i in judged if comparisons[i].verdict == "outside" and comparisons[i].order]
        if not outside:
            return
        network, operands = self.trace.network, self.operands
        context = Context(network, self.optimizer, self.precision, self.tensors, self.balls, operands, rules)
        for i in outside[:EXPLAINED]:
            cause = diagnose(rules[comparisons[i].tensor], context)
            comparisons[i] = replace(comparisons[i], explanation=cause)

    def copy(self) -> Self:
        """Return a copy, which can take the next step with other tensors."""
        other = copy(self)
        other.masks, other.ended = self.masks.copy(), set(self.ended)
        return other


@dataclass(frozen=True)
class ShownStep:
    """The step that a report shows in detail. `local` has the results of its rules on TensorFlow's own inputs."""

    step: int
    local: Mapping[str, Ball]


@dataclass(frozen=True)
class TraceComparison:
    """The comparisons of a whole trace.

    `by_hand` has the chained balls of the first and of the last step. `walk` is the walk after the last step. `shown`
    is the first step that disagrees, or the last step if all agree.
    """

    comparisons: tuple[Comparison, ...]
    by_hand: tuple[Mapping[str, Ball], ...]
    walk: Walk
    shown: ShownStep


def compare(
    trace: Trace, command: str, tolerance: Tolerance | None = None, modes: tuple[str, ...] = MODES
) -> TraceComparison:
    """Return the comparisons of every tensor of every step. A mismatch is not printed, raised or skipped."""
    walk = Walk(trace, command, tolerance, modes=modes)
    comparisons: list[Comparison] = []
    by_hand: list[Mapping[str, Ball]] = []
    shown, agreed = ShownStep(0, {}), True
    for number in range(1, trace.settings.steps + 1):
        of_step = walk.step(number, trace.step(number))
        comparisons += of_step
        if agreed:
            shown, agreed = ShownStep(number, walk.balls), all(c.passed for c in of_step if c.mode == "local")
        by_hand = [*by_hand[:1], {name: ball for name, ball in walk.chain.items() if CARRIED not in name}]
    return TraceComparison((*comparisons, *strays(trace)), tuple(by_hand), walk, shown)


def _carried_over(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors that a step leaves to the next step, under the names by which the next step reads them."""
    return {name: tensor for left, tensor in tensors.items() if (name := carried(left)) is not None}
