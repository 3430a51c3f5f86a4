"""Verify a training while it goes: each step's tensors locally, at the cost of a compiled loop a tensor.

The same rules, the same bounds and the same verdicts as `compare.py`. A tensor passes here only where its loop
(`loops.py`) finds every number inside its ball; a step in which any tensor does not pass is given to
`compare.py`'s walk as a whole, which says what is wrong and what it agrees with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from reference.network import Network
from reference.rules import CARRIED, Rule
from reference.tensor_names import carried, left_by
from verify.ball import Ball
from verify.compare import Walk, evaluate, fused, inputs, planned, scalars
from verify.ladder import Comparison, attributes, values
from verify.loops import Input, Loop, Memo, has_subnormal, loop_for
from verify.precision import PRECISIONS
from verify.program import Program
from verify.settings import OPTIMIZERS, Settings
from verify.together import PARAMETER, families, family
from verify.trace import Array, Trace

PATIENCE = 100  # steps that no program judged, before the loops of single rules are compiled for them


@dataclass(frozen=True)
class Lines:
    """Tensors of all parameters one after the other: dP for dW1, dB1, … [1, n]; and the memory of the whole step."""

    arrays: Mapping[str, Array]
    memory: Array
    alone: Array  # the part of it that holds the other tensors


@dataclass(frozen=True)
class Judged:
    """One step: numbers compared and outside; the utilisation of each tensor; what failed, in order."""

    step: int
    elements: int
    outside: int
    utilisation: Mapping[str, float]
    failed: tuple[Comparison, ...] = ()

    @property
    def worst(self) -> tuple[str, float]:
        """The tensor that used most of what it was allowed; a failed one before all others."""
        if self.failed:
            return max(
                ((c.tensor, c.utilisation) for c in self.failed), key=lambda pair: np.nan_to_num(pair[1], nan=-1)
            )
        return max(self.utilisation.items(), key=lambda pair: pair[1], default=("", float("nan")))


class Lockstep:
    """A verification between two steps. Give it every step, or what the state was before the one it is given.

    Compiling the loops takes some seconds; without them (`compiled` False) the verdicts are the same.
    """

    def __init__(self, settings: Settings, network: Network, compiled: bool = True) -> None:
        self.settings, self.network, self.compiled = settings, network, compiled
        self.precision = PRECISIONS[settings.dtype]
        self.before: dict[str, Array] = {}
        self.explained = False
        sizes = [int(np.prod(network.shape(P))) for P in network.parameters()]
        self.starts = np.cumsum([0, *sizes])
        self.lines: Mapping[str, Array] = {}
        self.lines_before: Mapping[str, Array] = {}
        self.clean = False  # no subnormal number in any tensor of the step
        self.plans: dict[tuple[int, bool], tuple[Trace, tuple[Rule, ...], frozenset[str]]] = {}
        self.loops: dict[tuple[Any, ...], Loop | None] = {}
        self.programs: dict[int, Program] = {}
        self.patience, self.in_lines = PATIENCE, False

    def judge(
        self, number: int, held: Mapping[str, Array], state: Mapping[str, Array] | None = None,
        lines: Lines | None = None,
    ) -> Judged:  # fmt: skip
        """All tensors of a step (from 1).  `state`: P, m_P, … before it, where the step before was not given.

        `lines` say where tensors of `held` lie one after the other in memory, if they do.
        """
        if state is not None:
            self.before, self.lines_before = {f"{name}@": array for name, array in state.items()}, {}
        trace, plan, rest = self._plan(self.examples(held), number == 1)
        used = None
        if not any(True for _ in attributes(number, held, trace, plan, rest)):
            used = self._passing(plan, number, held, lines)
        found = self._passed(number, held, used) if used is not None else self._failed(number, held, trace)
        self.before = _left(held)
        self.lines_before = _left(lines.arrays) if lines is not None else {}
        return found

    def examples(self, held: Mapping[str, Array]) -> int:
        """The last batch of an epoch may be smaller than the others."""
        X = held.get("X")
        return len(X) if X is not None and X.ndim == 2 else self.settings.batch

    def _plan(self, examples: int, first: bool) -> tuple[Trace, tuple[Rule, ...], frozenset[str]]:
        key = (examples, first)
        if key not in self.plans:
            trace = Trace(replace(self.settings, batch=examples), self.network, {}, {})
            self.plans[key] = (trace, *planned(trace, "backprop", first))
        return self.plans[key]

    def _at_once(
        self, plan: tuple[Rule, ...], number: int, held: Mapping[str, Array], lines: Lines
    ) -> dict[str, float] | None:
        """The utilisation of each tensor that one function for all lets pass; None where it cannot judge the step."""
        now = {name: _of_ball(ball) for name, ball in self.scalars(number).items()}
        examples = self.examples(held)
        if examples not in self.programs:
            self.programs[examples] = Program(plan, self.network, examples, now, lines.arrays, self.precision)
        program = self.programs[examples]
        if not program.fits(held) or has_subnormal(lines.alone, self.precision):
            return None
        return program.run(held, self.before, lines.arrays, self.lines_before, now)

    def scalars(self, number: int) -> dict[str, Ball]:
        return scalars(number, OPTIMIZERS[self.settings.optimizer], self.precision)

    def _passing(
        self, plan: tuple[Rule, ...], number: int, held: Mapping[str, Array], lines: Lines | None
    ) -> dict[str, float] | None:
        """The utilisation of each tensor; None if any does not pass."""
        used = None
        if lines is not None and self.lines_before and self.compiled and not self.settings.jit:
            used = self._at_once(plan, number, held, lines)
        self.in_lines = lines is not None
        self.patience -= self.in_lines and used is None
        self.clean = used is not None or (lines is not None and not has_subnormal(lines.memory, self.precision))
        self.lines = lines.arrays if lines is not None and self.clean and self.in_loops and used is None else {}
        if used is not None and len(used) == len(plan):
            return {rule.tensor: used[rule.tensor] for rule in plan}
        return self._one_by_one(plan, number, held, used or {})

    @property
    def in_loops(self) -> bool:
        """Whether single rules are worth loops of their own: where tensors lie in lines, a program has most of them."""
        return self.compiled and (self.patience < 0 or not self.in_lines)

    def _one_by_one(
        self, plan: tuple[Rule, ...], number: int, held: Mapping[str, Array], known: Mapping[str, float]
    ) -> dict[str, float] | None:
        """The same, rule by rule, where it is not known already."""
        step = _Step(self, number, held)
        found: dict[str, float] = {}
        together = step.families(plan) if self.lines else known
        for rule in plan:
            at = held.get(rule.tensor)
            if at is None or at.dtype != self.precision.name or at.shape != step.shape(rule.tensor):
                return None
            used = together.get(rule.tensor)
            used = step.utilisation(rule, at) if used is None else used
            if used is None:
                return None
            found[rule.tensor] = used
        return found

    def _passed(self, number: int, held: Mapping[str, Array], used: dict[str, float]) -> Judged:
        return Judged(number, sum(held[name].size for name in used), 0, used)

    def _failed(self, number: int, held: Mapping[str, Array], trace: Trace) -> Judged:
        """The ordinary walk over this step. Only the first that fails is explained: the others follow from it."""
        walk = Walk(trace, "backprop")
        walk.explains = not self.explained
        before = {left_by(name): array for name, array in self.before.items()}
        walk.local = inputs(before, trace, tuple(before), self.precision)
        rows = [c for c in walk.step(number, held) if c.mode == "local"]
        self.explained = True
        failed = tuple(c for c in rows if not c.passed)
        used = {c.tensor: c.utilisation for c in rows if c.passed}
        elements = sum(c.elements for c in rows)
        return Judged(number, elements, sum(c.outside for c in failed), used, failed)


class _Step:
    """What the rules of one step share: float64 copies, absolute values, scalars."""

    def __init__(self, lockstep: Lockstep, number: int, held: Mapping[str, Array]) -> None:
        settings, self.precision = lockstep.settings, lockstep.precision
        self.network, self.examples = lockstep.network, lockstep.examples(held)
        self.jit, self.loops, self.compiled = settings.jit, lockstep.loops, lockstep.in_loops
        self.scalars = lockstep.scalars(number)
        self.arrays = {**lockstep.before, **held}
        self.clean = held if lockstep.clean else {}
        self.lines, self.lines_before, self.starts = lockstep.lines, lockstep.lines_before, lockstep.starts
        self.memo: Memo = {}
        self.first = number == 1  # whole tensors are 0 then: moments, often biases
        self.inputs = {name: _of_ball(ball) for name, ball in self.scalars.items()}

    def families(self, plan: tuple[Rule, ...]) -> dict[str, float]:
        """The utilisation of tensors that are judged together with those of all parameters, in one loop.

        A family in which any tensor does not pass is left out: each of its tensors is then judged alone.
        """
        found: dict[str, float] = {}
        for rules in families(plan, self.network, self.jit):
            found |= self._together(rules)
        return found

    def _together(self, rules: list[Rule]) -> dict[str, float]:
        lines = {**self.lines_before, **self.lines}
        name, read = family(rules[0].tensor), tuple(map(family, rules[0].inputs))
        if name not in lines or any(n not in lines and n not in self.scalars for n in read):
            return {}
        line = lines[name]
        tensors = [rules[0].tensor.replace(PARAMETER.findall(rules[0].tensor)[0], P) for P in self.network.parameters()]
        if rules[0].equation == CARRIED:
            return dict.fromkeys(tensors, 0.0) if np.array_equal(lines[read[0]], line) else {}
        inputs = tuple(Input(lines[n]) if n in lines else self.inputs[n] for n in read)
        key = (name, line.shape, *(x.kind for x in inputs))
        if key not in self.loops:
            self.loops[key] = loop_for(rules[0].compute, inputs, line, self.precision)
        loop = self.loops[key]
        used = loop.all_pass(inputs, line, self.starts, self.memo) if loop and loop.elementwise else None
        return {} if used is None else dict(zip(tensors, used.tolist(), strict=True))

    def shape(self, tensor: str) -> tuple[int, ...]:
        return self.network.tensor_shape(tensor, self.examples)

    def utilisation(self, rule: Rule, found: Array) -> float | None:
        """Of a tensor that passes; None of one that does not."""
        if any(name not in self.arrays and name not in self.scalars for name in rule.inputs):
            return None
        # an infinity carried over equally does not pass for it: the rule that reads it next has no finite bound
        if rule.equation == CARRIED and np.array_equal(self.arrays[rule.inputs[0]], found):
            return 0.0
        if not self.compiled:
            return self._ordinary(rule, found)
        read = tuple(self._input(name, fusable=self.jit and name in rule.fusable) for name in rule.inputs)
        key = (rule.tensor, found.shape, *(x.kind for x in read))
        if key not in self.loops:
            self.loops[key] = loop_for(rule.compute, read, found, self.precision)
        loop = self.loops[key]
        used = loop.passes(read, found, self.memo) if loop else None
        return self._ordinary(rule, found) if used is None else used

    def _input(self, name: str, fusable: bool) -> Input:
        if fusable:
            return _of_ball(self._ball(name, (name,)))
        if name not in self.inputs:
            array = self.arrays[name]
            known = Input(array) if name in self.clean else _as_input(array, self.precision)
            self.inputs[name] = replace(known, zero=self.first and not array.any())
        return self.inputs[name]

    def _ball(self, name: str, fusable: tuple[str, ...] = ()) -> Ball:
        if name in self.scalars:
            return self.scalars[name]
        ball = Ball.exact(self.arrays[name], self.precision)
        if name not in fusable:
            return ball
        rule = Rule("", "", (name,), _same, 0, "", (name,))
        found: Ball = fused(rule, {name: ball}, jit=True)[name]
        return found

    def _ordinary(self, rule: Rule, found: Array) -> float | None:
        known = {name: self._ball(name) for name in rule.inputs}
        ball = evaluate(rule, fused(rule, known, self.jit), self.precision)
        if ball is None or ball.shape != found.shape or not np.isfinite(ball.spread()).all():
            return None
        judged = values(ball.value, ball.spread(), found, self.precision)
        return float(judged["utilisation"]) if judged["verdict"] in ("equal", "within") else None


def _same(known: Any) -> Any:
    return known


def _of_ball(ball: Ball) -> Input:
    return Input(ball.value, None if ball.is_exact else np.asarray(ball.radius, dtype=np.float64))


def _as_input(array: Array, precision: Any) -> Input:
    """What TensorFlow had: exact, unless it holds subnormal numbers."""
    return Input(array, Ball.exact(array, precision).radius if has_subnormal(array, precision) else None)


def _left(held: Mapping[str, Array]) -> dict[str, Array]:
    """What a step leaves, under the names that the next one's start reads: W1_new as "W1@", m_W1 as "m_W1@"."""
    return {at: array for name, array in held.items() if (at := carried(name)) is not None}
