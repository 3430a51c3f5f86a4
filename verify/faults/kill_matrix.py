"""The kill matrix: put each fault into the last step of a trace that passes, and record what notices it."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reference.tensor_names import previous
from verify.compare.diagnosis import attempt
from verify.compare.evaluation import Memo, evaluate, fused
from verify.compare.faults import TENSOR, Fault, other_operands, storage_faults, variant_faults
from verify.compare.plan import planned
from verify.compare.power import distance
from verify.compare.tensor import Comparison
from verify.compare.variants import IMPOSSIBLE, Variant, variants
from verify.compare.walk import Walk
from verify.faults.fixed_tolerances import POLICIES, flagged
from verify.records.settings import OPTIMIZERS
from verify.records.trace import Array, Trace


@dataclass(frozen=True)
class Kill:
    """The result of one fault.

    `size` is the largest difference between the fault and the truth, divided by the bounds of both. `first` is the
    first comparison that failed, and `by_policy` says for each fixed tolerance whether it noticed the fault.
    """

    fault: Fault
    caught: bool
    size: float
    first: Comparison | None
    by_policy: Mapping[str, bool]

    @property
    def equivalent(self) -> bool:
        """True if no comparison can tell fault and truth apart, because rounding can make the same tensor of both."""
        return not self.caught and self.size <= 1

    @property
    def survived(self) -> bool:
        """True if the fault goes unnoticed although it is not equivalent to the truth."""
        return not self.caught and not self.equivalent

    @property
    def diagnosis(self) -> str:
        """The cause that the first failing comparison names, or ""."""
        return self.first.explanation if self.first else ""

    @property
    def utilisation(self) -> float | None:
        """The error ÷ bound of the first failing comparison; None if there is none or it is not finite."""
        return self.first.utilisation if self.first and math.isfinite(self.first.utilisation) else None

    @property
    def named_correctly(self) -> bool | None:
        """True if the first cause named is the right one; None if the fault was not caught or has no cause to name."""
        if not self.caught or not self.fault.cause:
            return None
        if self.fault.replaced:
            cause = f"agrees with: {self.fault.cause}"
            return self.diagnosis == cause or self.diagnosis.startswith(f"{cause} at ")
        return self.diagnosis.startswith(self.fault.cause)


def counts(kills: Sequence[Kill]) -> dict[str, int]:
    """Return how many faults were tried, caught, equal to the truth, named correctly, to be named, and survived."""
    names = [k.named_correctly for k in kills if k.named_correctly is not None]
    return {
        "tried": len(kills),
        "caught": sum(k.caught for k in kills),
        "equal": sum(k.equivalent for k in kills),
        "named": sum(names),
        "to_name": len(names),
        "survived": sum(k.survived for k in kills),
    }


class KillMatrix:
    """A trace that passes, compared up to its last step, into which faults can be put.

    `unaltered` has the comparisons of the trace without a fault, `captured` the tensors of the last step, and `balls`
    their by-hand values. `flagged` has the tensors that each fixed tolerance rejects without a fault.
    """

    def __init__(self, trace: Trace) -> None:
        self.trace, self.last = trace, trace.settings.steps
        self.memo: Memo = {}
        self.before = Walk(trace, "backprop", memo=self.memo)
        self.unaltered: list[Comparison] = []
        for number in range(1, self.last):
            self.unaltered += self.before.step(number, trace.step(number))
        self.captured = trace.step(self.last)
        walk = self.before.copy()
        self.unaltered += walk.step(self.last, self.captured)
        self.balls = dict(walk.balls)
        self.plan = planned(trace, "backprop", self.last == 1)[0]
        self.flagged = {policy: self._flagged(policy, self.captured, walk) for policy in POLICIES}

    def catalogue(self) -> Iterator[Fault]:
        """Yield all faults that can be put into this trace."""
        optimizer = OPTIMIZERS[self.trace.settings.optimizer]
        inputs = other_operands(self.trace, self.last)
        possible: dict[str, list[Variant]] = {}
        for rule in self.plan:
            for variant in variants(rule, self.trace.network, optimizer):
                if " and " in variant.name.removeprefix("β1 and β2"):  # only the diagnosis tries pairs
                    continue
                same_name = possible.setdefault(variant.name, [])
                if self._is_possible(variant, inputs):
                    same_name.append(variant)
        yield from variant_faults(self.plan, {name: tuple(same) for name, same in possible.items() if same}, inputs)
        yield from (fault for fault in storage_faults() if self._has_tensors_of(fault))

    def _is_possible(self, variant: Variant, inputs: Mapping[str, Any]) -> bool:
        """Return whether a variant can be computed from this step and gives a tensor of the right shape."""
        tensors = {**inputs, **self.captured}
        if not tensors.keys() >= set(variant.rule.inputs):
            return False
        try:
            with np.errstate(all="ignore"):
                return np.asarray(variant.rule(tensors)).shape == self.captured[variant.rule.tensor].shape
        except IMPOSSIBLE:
            return False

    def _has_tensors_of(self, fault: Fault) -> bool:
        """Return whether the step has the tensors that a fault alters."""
        try:
            fault.alter(self.captured)
        except KeyError:
            return False
        return True

    def run(self, fault: Fault) -> Kill:
        """Put a fault into the last step, compare the step again, and return what noticed the fault."""
        changed = fault.alter(self.captured)
        captured = {**self.captured, **changed}
        walk = self.before.copy()
        walk.memo = dict(self.memo)  # a copy, so that values computed for this fault are not stored for the others
        failed = [c for c in walk.step(self.last, captured) if c.failed]
        first = min(failed, key=lambda c: (c.mode == "chained", c.order), default=None)
        by_policy = {p: not self._flagged(p, captured, walk) <= self.flagged[p] for p in POLICIES}
        return Kill(fault, bool(failed), self._size(fault, changed, captured, walk), first, by_policy)

    def _flagged(self, policy: str, captured: Mapping[str, Array], walk: Walk) -> frozenset[str]:
        """Return the tensors that a fixed tolerance rejects, against by-hand values from TensorFlow's own inputs."""
        memo = self.memo if walk.memo is None else walk.memo
        rejected = []
        for name, ball in walk.balls.items():
            if name in captured and captured[name].shape == ball.shape:
                key = (policy, id(captured[name]), id(ball))
                if key not in memo:
                    memo[key] = (captured[name], ball, flagged(policy, captured[name], ball.value))
                if memo[key][-1]:
                    rejected.append(name)
        return frozenset(rejected)

    def _size(self, fault: Fault, changed: Mapping[str, Array], captured: Mapping[str, Array], walk: Walk) -> float:
        """Return the size of a fault: the largest difference to the truth over the bounds of both.

        It looks at the altered tensors and at those computed from them. It uses the balls, not the comparison.
        """
        balls = {**{previous(name): ball for name, ball in walk.previous.items()}, **walk.local}
        sizes = [0.0]
        alternatives = {v.rule.tensor: v.rule for v in fault.replaced}
        for rule in self.plan:
            tensor = rule.tensor
            uses_changed = fault.scope == TENSOR and bool(changed.keys() & set(rule.inputs))
            if tensor not in alternatives and tensor not in changed and not uses_changed:
                continue
            operands = fused(rule, walk.local, self.trace.settings.jit)
            truth = evaluate(rule, operands, walk.precision, walk.memo)
            if truth is None:
                return float("inf")
            other = attempt(alternatives[tensor], balls, walk.precision) if tensor in alternatives else None
            sizes.append(distance(truth, other, captured[tensor]))
        return max(sizes)


def matrix(
    kill_matrix: KillMatrix, progress: Callable[[int, int], None] = lambda done, total: None
) -> tuple[Kill, ...]:
    """Try all faults, one after the other, and return their results.

    `progress` is called with the number of faults tried and of all faults.
    """
    faults = list(kill_matrix.catalogue())
    kills = []
    for number, fault in enumerate(faults):
        progress(number, len(faults))
        kills.append(kill_matrix.run(fault))
    return tuple(kills)
