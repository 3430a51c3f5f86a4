"""The comparison: each tensor of a trace against its rule, locally and chained.

*local*: the rule reads the inputs that TensorFlow itself had. An error cannot travel, so the tensor that is
outside is the culprit; this is the verdict. *chained*: the rules run in order from X, y and the first
weights alone, as the essay does by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any

import numpy as np

from reference.rules import Optimizer, Rule, given, rules, start
from reference.tensor_names import CARRIED, before, carried, kept, previous, split_step
from verify.ball import Ball
from verify.diagnosis import Context, diagnose
from verify.ladder import Attributes, Comparison, Tolerance, row
from verify.precision import FLOAT32, PRECISIONS, Precision
from verify.recompute import coefficients_as_numbers, impossible_raises, recompute
from verify.settings import OPTIMIZERS
from verify.trace import Array, Trace


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
SECOND_ORDER = 1 + 2.0**-20  # products of roundings
EXPLAINED = 6  # so many tensors that disagree are explained, the first ones: the others follow from them
Memo = dict[tuple[Any, ...], tuple[Any, ...]]


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


def strays(trace: Trace) -> tuple[Comparison, ...]:
    """Tensors that belong to no step: each is a failure."""
    extra = [name for name in trace.tensors if not 1 <= split_step(name)[0] <= trace.settings.steps]
    return tuple(Comparison(0, 0, name, "", 0, trace.tensors[name].shape, "local", "extra") for name in extra)


def planned(trace: Trace, command: str, first: bool) -> tuple[tuple[Rule, ...], frozenset[str]]:
    """The rules to be checked in a step, and the names a trace may hold beyond them."""
    settings, network, training = trace.settings, trace.network, trace.settings.training
    optimizer = OPTIMIZERS[settings.optimizer]
    every = rules(network if training else network.in_prediction, settings.loss, optimizer)
    anew = first and settings.done > 0  # what the optimizer had done before is not in the trace
    begin = () if anew else start(network, optimizer, first, training=training)
    everything = begin + every if training else begin + tuple(r for r in every if r.phase == "forward")
    wanted = everything if command == "backprop" else tuple(r for r in everything if r.phase == "forward")
    if command == "prediction":  # it has no label to be compared with
        wanted = tuple(r for r in wanted if r.tensor != "C")
    rest = {r.tensor for r in everything} - {r.tensor for r in wanted} | set(begins_with(trace))
    return wanted, frozenset(rest)


def begins_with(trace: Trace) -> tuple[str, ...]:
    """What a step may have to be given: X, y, parameters, masks, and what the optimizer remembers."""
    remembered = OPTIMIZERS[trace.settings.optimizer].keeps if trace.settings.training else ()
    network = trace.network
    return (*given(network), *(before(kept(moment, P)) for P in network.parameters() for moment in remembered))


def inputs(
    held: Mapping[str, Array], trace: Trace, plan: tuple[Rule | str, ...], precision: Precision,
    memo: Memo | None = None,
) -> dict[str, Any]:  # fmt: skip
    """What TensorFlow had, as balls; a tensor of another shape or type than it must have feeds no rule."""
    found = {}
    for rule in plan:
        name = rule if isinstance(rule, str) else rule.tensor
        array = held.get(name)
        shape = trace.network.tensor_shape(name, trace.settings.batch)
        if array is not None and array.dtype == precision.name and array.shape == shape:
            found[name] = _kept(memo, ("exact", name), (array,), partial(Ball.exact, array, precision))
    return found


def _before(known: Mapping[str, Any]) -> dict[str, Any]:
    """What the previous step left, under the names that the next step's start reads."""
    return {name: ball for tensor, ball in known.items() if (name := carried(tensor)) is not None}


def _givens(local: Mapping[str, Any], trace: Trace, first: bool) -> dict[str, Any]:
    """What a person starts from: X, y and masks of every step; all else of the first, or of each forward pass."""
    carried = trace.network.parameters()
    names = begins_with(trace) if first else (name for name in given(trace.network) if name not in carried)
    return {name: local[name] for name in names if name in local}


@lru_cache(maxsize=64)
def scalars(number: int, optimizer: Optimizer, precision: Precision) -> Mapping[str, Ball]:
    """t, exact, and the optimizer's coefficients.

    Keras turns β1 and β2 into float32 tensors before it casts them to the variable's type, in float64 too.
    """
    found = {"t": Ball(float(number), 0.0, precision)}
    for name, number_ in optimizer.coefficients.items():
        held = Ball.constant(number_, FLOAT32 if name.startswith("beta") else precision)
        found[name] = Ball(held.value, held.radius, precision)
    return found


def fused(rule: Rule, known: Mapping[str, Any], jit: bool) -> Mapping[str, Any]:
    """What a compiler may leave unrounded on its way into a rule.

    Under XLA a product may enter the addition that follows it as it is: the rounding it has here, it has not there.
    Of a tensor times a scalar times a scalar, (g·s)·α may be g·(s·α), in a graph as well (TensorFlow's grappler keeps
    the array for the end): the rounding of g·s is not there, that of s·α is. Relative to the value each is u at most.
    """
    seen = {}
    for name in rule.fusable if jit else ():
        if name in known:
            ball = known[name]
            seen[name] = Ball(ball.value, ball.radius + ball.precision.half_ulp(ball.reach), ball.precision)
    for name in rule.folded:
        if name in known:
            ball = known[name]
            drawn = 2 * (ball.precision.joint_unit * ball.reach + ball.precision.tiny) * SECOND_ORDER
            seen[name] = Ball(ball.value, ball.radius + drawn, ball.precision)
    return {**known, **seen} if seen else known


def recomputed(rule: Rule, arrays: Mapping[str, Any], dtype: str, memo: Memo | None) -> Array | None:
    """Return what NumPy computes for the rule from TensorFlow's inputs; None where it cannot be computed."""
    if any(name not in arrays for name in rule.inputs):
        return None
    read, key = tuple(arrays[name] for name in rule.inputs), ("recomputed", rule.tensor, rule.equation)
    with impossible_raises():
        array: Array | None = _kept(memo, key, read, partial(recompute, rule, arrays, dtype))
    return array


def evaluate(rule: Rule, known: Mapping[str, Any], precision: Precision, memo: Memo | None = None) -> Ball | None:
    """The ball of a rule; None where an input is not known or the shapes do not fit."""
    if any(name not in known for name in rule.inputs):
        return None
    read = tuple(known[name] for name in rule.inputs)
    ball: Ball | None = _kept(memo, (rule.tensor, rule.equation), read, partial(_evaluated, rule, known, precision))
    return ball


def _kept(memo: Memo | None, key: tuple[str, ...], read: tuple[Any, ...], compute: Callable[[], Any]) -> Any:
    """What was computed before from these very objects, or is now. The objects are kept: no other can take their id."""
    if memo is None:
        return compute()
    full = (*key, *map(id, read))
    if full not in memo:
        memo[full] = (*read, compute())
    return memo[full][-1]


def _evaluated(rule: Rule, known: Mapping[str, Any], precision: Precision) -> Ball | None:
    inner = FLOAT32 if rule.single else precision
    read = {name: _in(known[name], inner) for name in rule.inputs}
    try:
        with np.errstate(all="ignore"):
            result = rule(read)
    except (ValueError, IndexError, np.exceptions.AxisError):
        return None  # shapes that do not fit: the ill-shaped tensor has its own row
    if not isinstance(result, Ball):
        result = Ball.constant(result, inner)
    unknown = np.isnan(result.radius)
    if unknown.any():  # 0·∞: nothing is known
        result = Ball(result.value, np.where(unknown, np.inf, result.radius), inner)
    found: Ball = _in(result, precision)
    return found


def _in(ball: Any, precision: Precision) -> Any:
    """The same ball, for an evaluation in this precision."""
    if not isinstance(ball, Ball) or ball.precision is precision:
        return ball
    return Ball(ball.value, ball.radius, precision)
