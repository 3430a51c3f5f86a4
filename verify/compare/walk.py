"""The comparison: each tensor of a trace against its rule, locally and chained.

*local*: the rule reads the inputs that TensorFlow itself had. An error cannot travel, so the tensor that is
outside is the culprit; this is the verdict. *chained*: the rules run in order from X, y and the first
weights alone, as the essay does by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, replace
from typing import Any

from reference.rules import Rule, given
from reference.tensor_names import CARRIED, carried, previous
from verify.bounds import Ball
from verify.compare.diagnosis import Context, diagnose
from verify.compare.evaluation import Memo, evaluate, fused, inputs, recomputed, scalars
from verify.compare.plan import begins_with, planned, strays
from verify.compare.recompute import coefficients_as_numbers
from verify.compare.tensor import Attributes, Comparison, Tolerance, row
from verify.records.precision import PRECISIONS
from verify.records.settings import OPTIMIZERS
from verify.records.trace import Array, Trace


@dataclass(frozen=True)
class Shown:
    """One step from near: the balls of its rules on TensorFlow's own inputs."""

    step: int
    local: Mapping[str, Ball]


@dataclass(frozen=True)
class Compared:
    """All comparisons of a trace, the chained by-hand run of its first and its last step, and the walk's last place.

    `shown` is the first step that disagrees, or else the last.
    """

    comparisons: tuple[Comparison, ...]
    by_hand: tuple[Mapping[str, Ball], ...]
    walk: Walk
    shown: Shown


MODES = ("local", "chained")
EXPLAINED = 6  # so many tensors that disagree are explained, the first ones: the others follow from them


class Walk:
    """A comparison between two steps of a trace: what TensorFlow had, and how far the by-hand run has come.

    `memo` keeps what was evaluated, by the very objects it was evaluated on: a trace that differs in one
    tensor is walked again at the cost of what reads that tensor. `modes` may leave the chained run out.
    """

    def __init__(
        self, trace: Trace, command: str, tolerance: Tolerance | None = None, memo: Memo | None = None,
        modes: tuple[str, ...] = MODES,
    ) -> None:  # fmt: skip
        self.trace, self.command, self.tolerance, self.memo, self.modes = trace, command, tolerance, memo, modes
        self.precision = PRECISIONS[trace.settings.dtype]
        self.local: dict[str, Any] = {}
        self.previous: dict[str, Any] = {}
        self.chain: dict[str, Any] = {}
        self.balls: dict[str, Ball] = {}
        self.explains = True
        self.tensors: Mapping[str, Array] = {}

    def begin(self, tensors: Mapping[str, Array]) -> None:
        """Take these tensors for what the step before the next one held."""
        self.tensors = tensors
        self.local = inputs(tensors, self.trace, tuple(tensors), self.precision)

    def step(self, number: int, held: Mapping[str, Array]) -> list[Comparison]:
        """All tensors of the next step, both modes."""
        trace, settings = self.trace, self.trace.settings
        constants = scalars(settings.done + number, OPTIMIZERS[settings.optimizer], self.precision)
        plan, rest = planned(trace, self.command, number == 1)
        exact = inputs(held, trace, (*plan, *begins_with(trace)), self.precision, self.memo)
        self.previous = self.local
        self.local = {**exact, **_before(self.local), **constants}
        first = number == 1 or self.command == "feedforward"
        self.chain = {**_givens(self.local, trace, first), **_before(self.chain), **constants}
        found = list(Attributes.of(trace, plan, rest).problems(number, held))
        optimizer = OPTIMIZERS[settings.optimizer]
        numbers = coefficients_as_numbers(settings.done + number, optimizer, settings.dtype)
        arrays = {**held, **_before(self.tensors), **numbers}
        self.tensors = held
        self.balls = {}
        for order, rule in enumerate(plan, 1):
            for mode in self.modes:
                known = fused(rule, self.local, settings.jit) if mode == "local" else self.chain
                ball = evaluate(rule, known, self.precision, self.memo)
                if ball is not None:
                    (self.balls if mode == "local" else self.chain)[rule.tensor] = ball
                at = held.get(rule.tensor)
                apart = mode == "chained" or ball is None  # no ball: an input is not there, or has another shape
                again = None if apart else recomputed(rule, arrays, settings.dtype, self.memo)
                found.append(row(rule, number, order, mode, ball, at, self.tolerance, settings.dtype, again))
        if self.explains:
            self._explain(found, plan, held)
        return found

    def _explain(self, found: list[Comparison], plan: tuple[Rule, ...], held: Mapping[str, Array]) -> None:
        """Say of the first tensors that are outside, locally, which other computation they agree with."""
        by_tensor = {rule.tensor: rule for rule in plan}
        outside = [i for i, c in enumerate(found) if c.mode == "local" and c.verdict == "outside" and c.order]
        if not outside or self.tolerance:
            return
        known = {**{previous(name): ball for name, ball in self.previous.items()}, **self.local}
        settings = self.trace.settings
        context = Context(
            self.trace.network, OPTIMIZERS[settings.optimizer], settings.loss, self.precision, held, self.balls
        )
        for i in outside[:EXPLAINED]:
            rule = by_tensor[found[i].tensor]
            cause = diagnose(rule, held[rule.tensor], self.balls[rule.tensor], known, context)
            found[i] = replace(found[i], explanation=cause)

    def copy(self) -> Walk:
        """The same place, to walk on from in another way."""
        return copy(self)


def compare(
    trace: Trace, command: str, tolerance: Tolerance | None = None, modes: tuple[str, ...] = MODES
) -> Compared:  # fmt: skip
    """Every tensor of every step, both modes.  Nothing is printed, raised or skipped for a mismatch."""
    walk = Walk(trace, command, tolerance, modes=modes)
    found: list[Comparison] = []
    by_hand: list[Mapping[str, Ball]] = []
    shown, agreed = Shown(0, {}), True
    for number in range(1, trace.settings.steps + 1):
        here = walk.step(number, trace.step(number))
        found += here
        if agreed:
            shown, agreed = Shown(number, walk.balls), all(c.passed for c in here if c.mode == "local")
        by_hand = [*by_hand[:1], {name: ball for name, ball in walk.chain.items() if CARRIED not in name}]
    return Compared((*found, *strays(trace)), tuple(by_hand), walk, shown)


def _before(known: Mapping[str, Any]) -> dict[str, Any]:
    """What the previous step left, under the names that the next step's start reads."""
    return {name: ball for tensor, ball in known.items() if (name := carried(tensor)) is not None}


def _givens(local: Mapping[str, Any], trace: Trace, first: bool) -> dict[str, Any]:
    """What a person starts from: X, y and masks of every step; all else of the first, or of each forward pass."""
    carried = trace.network.parameters()
    names = begins_with(trace) if first else (name for name in given(trace.network) if name not in carried)
    return {name: local[name] for name in names if name in local}
