"""The kill matrix: each fault put into the last step of a trace that passes, and what noticed it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reference.tensor_names import previous
from verify.compare.diagnosis import attempt
from verify.compare.effect_size import apart
from verify.compare.evaluation import Memo, evaluate, fused
from verify.compare.faults import Fault, beside, of_storage, of_variants
from verify.compare.plan import planned
from verify.compare.tensor import Comparison
from verify.compare.variants import IMPOSSIBLE, Variant, variants
from verify.compare.walk import Walk
from verify.faults.fixed_tolerances import POLICIES, flagged
from verify.records.settings import OPTIMIZERS
from verify.records.trace import Array, Trace


@dataclass(frozen=True)
class Kill:
    """What became of one fault. `size`: how far it is from the truth, in units of what rounding allows both.

    `equivalent`: at every element some number is a right rounding of both: no comparison could tell them apart.
    """

    fault: Fault
    caught: bool
    size: float
    first: Comparison | None
    by_policy: Mapping[str, bool]

    @property
    def equivalent(self) -> bool:
        return not self.caught and self.size <= 1

    @property
    def survived(self) -> bool:
        return not self.caught and not self.equivalent

    @property
    def diagnosis(self) -> str:
        return self.first.explanation if self.first else ""

    @property
    def right(self) -> bool | None:
        """Whether the right cause was named first; None where the fault has no cause to be named."""
        if not self.caught or not self.fault.telling:
            return None
        if self.fault.replaced:
            told = f"agrees with: {self.fault.telling}"
            return self.diagnosis == told or self.diagnosis.startswith(f"{told} at ")
        return self.diagnosis.startswith(self.fault.telling)


class Bench:
    """A trace that passes, walked up to its last step, ready to have faults put into that."""

    def __init__(self, trace: Trace) -> None:
        self.trace, self.last = trace, trace.settings.steps
        self.memo: Memo = {}
        self.before = Walk(trace, "backprop", memo=self.memo)
        self.unaltered: list[Comparison] = []
        for number in range(1, self.last):
            self.unaltered += self.before.step(number, trace.step(number))
        self.held = trace.step(self.last)
        walk = self.before.copy()
        self.unaltered += walk.step(self.last, self.held)
        self.balls = dict(walk.balls)
        self.plan = planned(trace, "backprop", self.last == 1)[0]
        self.flagged = {name: frozenset(self._flagged(name, self.held, walk)) for name in POLICIES}

    def catalogue(self) -> Iterator[Fault]:
        """All faults that can be put into this trace."""
        optimizer, settings = OPTIMIZERS[self.trace.settings.optimizer], self.trace.settings
        by_name: dict[str, list[Variant]] = {}
        for rule in self.plan:
            for variant in variants(rule, self.trace.network, optimizer, settings.loss):
                if " and " not in variant.name.removeprefix("β1 and β2"):  # pairs are for the diagnosis
                    by_name.setdefault(variant.name, []).append(variant)
        read = beside(self.trace, self.last)
        possible = {}
        for name, found in by_name.items():
            fitting = tuple(v for v in found if self._can(v, read))
            if fitting:
                possible[name] = fitting
        yield from of_variants(self.plan, possible, read)
        yield from (f for f in of_storage() if self._holds(f))

    def _can(self, variant: Variant, read: Mapping[str, Any]) -> bool:
        known = {**read, **self.held}
        if any(name not in known for name in variant.rule.inputs):
            return False
        try:
            with np.errstate(all="ignore"):
                return np.asarray(variant.rule(known)).shape == self.held[variant.rule.tensor].shape
        except IMPOSSIBLE:
            return False

    def _holds(self, fault: Fault) -> bool:
        try:
            fault.alter(self.held)
        except KeyError:
            return False
        return True

    def run(self, fault: Fault) -> Kill:
        """Put it in, walk the last step again, see what fails."""
        changed = fault.alter(self.held)
        held = {**self.held, **changed}
        walk = self.before.copy()
        walk.memo = dict(self.memo)  # what is computed for this fault is not kept for the others
        failed = [c for c in walk.step(self.last, held) if not c.passed]
        first = min(failed, key=lambda c: (c.mode == "chained", c.order), default=None)
        caught = {name: bool(set(self._flagged(name, held, walk)) - self.flagged[name]) for name in POLICIES}
        return Kill(fault, bool(failed), self._size(fault, changed, held, walk), first, caught)

    def _flagged(self, policy: str, held: Mapping[str, Array], walk: Walk) -> Iterator[str]:
        """The tensors that a fixed tolerance would not accept, beside by-hand numbers from TensorFlow's own inputs."""
        memo = self.memo if walk.memo is None else walk.memo
        for name, ball in walk.balls.items():
            if name in held and held[name].shape == ball.shape:
                key = (policy, id(held[name]), id(ball))
                if key not in memo:
                    memo[key] = (held[name], ball, flagged(policy, held[name], ball.value))
                if memo[key][-1]:
                    yield name

    def _size(self, fault: Fault, changed: Mapping[str, Array], held: Mapping[str, Array], walk: Walk) -> float:
        """Computed here from balls, not by the comparator: the larger of the fault itself and what reads it."""
        known = {**{previous(name): ball for name, ball in walk.previous.items()}, **walk.local}
        sizes = [0.0]
        alternatives = {v.rule.tensor: v.rule for v in fault.replaced}
        for rule in self.plan:
            use = fused(rule, walk.local, self.trace.settings.jit)
            reads = fault.scope == "tensor" and bool(changed.keys() & set(rule.inputs))
            if rule.tensor not in alternatives and rule.tensor not in changed and not reads:
                continue
            truth = evaluate(rule, use, walk.precision, walk.memo)
            if truth is None:
                return float("inf")
            other = attempt(alternatives[rule.tensor], known, walk.precision) if rule.tensor in alternatives else None
            sizes.append(apart(truth, other, held[rule.tensor]))
        return max(sizes)


def score(kills: Sequence[Kill]) -> tuple[int, int]:
    """Caught, of those that are not equivalent."""
    real = [k for k in kills if not k.equivalent]
    return sum(k.caught for k in real), len(real)


def matrix(bench: Bench, each: Callable[[int, int], None] = lambda done, of: None) -> tuple[Kill, ...]:
    """All faults, one after the other."""
    faults = list(bench.catalogue())
    kills = []
    for number, fault in enumerate(faults):
        each(number, len(faults))
        kills.append(bench.run(fault))
    return tuple(kills)
