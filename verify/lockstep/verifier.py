"""Verify a training while it goes: each step's tensors, each on the inputs that TensorFlow itself had.

A step is judged with the reference's own functions on arrays: numbers that come out the same are reproduced, and the
others must lie in the balls of their rules. A step in which any number does not is given to the walk of `compare.py`
as a whole, which says what is wrong and what it agrees with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from reference.network import Network
from reference.rules import Rule
from reference.tensor_names import CARRIED, carried, left_by
from verify.bounds import Ball
from verify.compare.evaluation import evaluate, fused, scalars
from verify.compare.plan import planned
from verify.compare.recompute import coefficients_as_numbers, impossible_raises, recompute, reproduced
from verify.compare.tensor import Attributes, Comparison
from verify.compare.walk import Walk
from verify.lockstep import sparse_product as products
from verify.records.precision import PRECISIONS
from verify.records.settings import OPTIMIZERS, Settings
from verify.records.trace import Array, Trace


@dataclass(frozen=True)
class Judged:
    """One step: numbers compared, reproduced and outside; the utilisation of each tensor; what failed, in order.

    The utilisation is that of the numbers that needed a bound, 0 where none did.
    """

    step: int
    elements: int
    outside: int
    utilisation: Mapping[str, float]
    failed: tuple[Comparison, ...] = ()
    reproduced: int = 0

    @property
    def worst(self) -> tuple[str, float]:
        """The tensor with the largest utilisation, a failed one before all others; "" if no number needed a bound."""
        if self.failed:
            return max(
                ((c.tensor, c.utilisation) for c in self.failed), key=lambda pair: np.nan_to_num(pair[1], nan=-1)
            )
        tensor, used = max(self.utilisation.items(), key=lambda pair: pair[1], default=("", 0.0))
        return (tensor, used) if used else ("", 0.0)


@dataclass(frozen=True)
class _Plan:
    """The rules of a step, the shape of the tensor of each, and what the step holds beside them."""

    trace: Trace
    rules: tuple[Rule, ...]
    shapes: tuple[tuple[int, ...], ...]
    attributes: Attributes


class Lockstep:
    """A verification between two steps. Give it every step, or the state before the step that it is given."""

    def __init__(self, settings: Settings, network: Network) -> None:
        self.settings, self.network = settings, network
        self.optimizer, self.precision = OPTIMIZERS[settings.optimizer], PRECISIONS[settings.dtype]
        self.before: dict[str, Array] = {}
        self.explained = False
        self.plans: dict[tuple[int, bool], _Plan] = {}

    def judge(
        self, number: int, tensors: Mapping[str, Array], state: Mapping[str, Array] | None = None
    ) -> Judged:  # fmt: skip
        """Judge all tensors of a step (from 1).  `state`: P, m_P, … before it, where the step before was not given."""
        if state is not None:
            self.before = {name + CARRIED: array for name, array in state.items()}
        plan = self._plan(self.examples(tensors), number == 1)
        judged = None
        if not any(True for _ in plan.attributes.problems(number, tensors)):
            with impossible_raises():
                judged = self._passing(plan, number, tensors)
        judged = judged or self._failed(number, tensors, plan.trace)
        self.before = {name: array for tensor, array in tensors.items() if (name := carried(tensor)) is not None}
        return judged

    def examples(self, tensors: Mapping[str, Array]) -> int:
        """Return the number of examples: the last batch of an epoch may be smaller than the others."""
        X = tensors.get("X")
        return len(X) if X is not None and X.ndim == 2 else self.settings.batch

    def _plan(self, examples: int, first: bool) -> _Plan:
        key = (examples, first)
        if key not in self.plans:
            trace = Trace(replace(self.settings, batch=examples), self.network, {}, {})
            rules, rest = planned(trace, "backprop", first)
            shapes = tuple(self.network.tensor_shape(rule.tensor, examples) for rule in rules)
            self.plans[key] = _Plan(trace, rules, shapes, Attributes.of(trace, rules, rest))
        return self.plans[key]

    def _passing(self, plan: _Plan, number: int, tensors: Mapping[str, Array]) -> Judged | None:
        """Judge a step in which every number passes; None if one does not."""
        dtype = self.precision.name
        inputs = {**self.before, **tensors, **coefficients_as_numbers(number, self.optimizer, dtype)}
        bounds = _Bounds(self, number, inputs)
        utilisation: dict[str, float | None] = {}
        alike: dict[Any, list[_Part]] = {}
        elements = right = 0
        for rule, shape in zip(plan.rules, plan.shapes, strict=True):
            found = tensors.get(rule.tensor)
            if found is None or found.dtype != dtype or found.shape != shape:
                return None
            same = reproduced(recompute(rule, inputs, dtype), found)
            count = int(np.count_nonzero(same))
            utilisation[rule.tensor] = 0.0
            if count < found.size and rule.elementwise and found.ndim:
                alike.setdefault(_arithmetic(rule), []).append(_Part(rule, found, np.flatnonzero(~same)))
            elif count < found.size:
                utilisation[rule.tensor] = bounds.utilisation(rule, found, same)
            elements += found.size
            right += count
        for parts in alike.values():
            utilisation |= bounds.of_elements(parts)
        passing = {tensor: used for tensor, used in utilisation.items() if used is not None}
        return Judged(number, elements, 0, passing, (), right) if len(passing) == len(utilisation) else None

    def _failed(self, number: int, tensors: Mapping[str, Array], trace: Trace) -> Judged:
        """Walk over this step. Only the first step that fails is explained: the others follow from it."""
        walk = Walk(trace, "backprop")
        walk.explains = not self.explained
        walk.begin({left_by(name): array for name, array in self.before.items()})
        rows = [c for c in walk.step(number, tensors) if c.mode == "local"]
        self.explained = True
        failed = tuple(c for c in rows if not c.passed)
        used = {c.tensor: c.utilisation for c in rows if c.passed}
        elements, right = (sum(getattr(c, name) for c in rows) for name in ("elements", "reproduced"))
        return Judged(number, elements, sum(c.outside for c in failed), used, failed, right)


class _Part(NamedTuple):
    """The numbers of a tensor that were not reproduced, by their places in the flat array."""

    rule: Rule
    tensorflow: Array
    places: Any

    def taken_from(self, array: Array) -> Array:
        found: Array = np.ravel(array)[self.places]
        return found


def _arithmetic(rule: Rule) -> Any:
    """Return a key, equal for rules that compute alike, as Adam's updates of all parameters do."""
    f, read = rule.compute, rule.inputs
    roles = (rule.single, *((read.index(name), name in rule.fusable, name in rule.folded) for name in read))
    return (f.func, f.args, tuple(f.keywords.items()), roles) if isinstance(f, partial) else (f, roles)


class _Bounds:
    """The bounds of one step's rules at single elements."""

    def __init__(self, lockstep: Lockstep, number: int, inputs: Mapping[str, Any]) -> None:
        self.inputs, self.precision, self.jit = inputs, lockstep.precision, lockstep.settings.jit
        self.scalars = scalars(number, lockstep.optimizer, lockstep.precision)
        self.balls: dict[str, Ball] = {}

    def utilisation(self, rule: Rule, found: Array, right: Array) -> float | None:
        """Return the largest error/bound of the numbers that are not `right`; None if one is outside its bound."""
        if any(name not in self.inputs for name in rule.inputs):
            return None
        if rule.summed is not None:
            operands = tuple(self.inputs[name] for name in rule.inputs)
            with np.errstate(all="ignore"):
                used = products.utilisation(operands, rule.summed, found, right, self.precision)
            if used is not None:
                return used if np.isfinite(used) else None
        ball = self._ball(rule, {name: self._whole(name) for name in rule.inputs})
        if ball is None or ball.shape != found.shape:
            return None
        used = _used(*(x[~right] for x in (ball.value, ball.spread(), found)))
        return None if used is None else float(used.max())

    def of_elements(self, parts: Sequence[_Part]) -> dict[str, float | None]:
        """Return what `utilisation` does, by tensor, of rules that compute alike: each operation on balls costs."""
        rule = parts[0].rule
        tensors = [part.rule.tensor for part in parts]
        if any(name not in self.inputs for part in parts for name in part.rule.inputs):
            return dict.fromkeys(tensors)
        known = {name: self._at(k, parts) for k, name in enumerate(rule.inputs)}
        found = np.concatenate([part.taken_from(part.tensorflow) for part in parts])
        ball = self._ball(rule, known)
        used = None if ball is None or ball.shape != found.shape else _used(ball.value, ball.spread(), found)
        if used is None:
            return dict.fromkeys(tensors)
        starts = np.cumsum([0, *(len(part.places) for part in parts[:-1])])
        return dict(zip(tensors, np.maximum.reduceat(used, starts).tolist(), strict=True))

    def _ball(self, rule: Rule, known: Mapping[str, Ball]) -> Ball | None:
        with np.errstate(all="ignore"):
            return evaluate(rule, fused(rule, known, self.jit), self.precision)

    def _whole(self, name: str) -> Ball:
        """The ball of an input: what TensorFlow had is exact, a coefficient is rounded."""
        if name in self.scalars:
            return self.scalars[name]
        if name not in self.balls:
            self.balls[name] = Ball.exact(self.inputs[name], self.precision)
        return self.balls[name]

    def _at(self, k: int, parts: Sequence[_Part]) -> Ball:
        """The ball of the k-th input at the places of all parts; of a single number, the number."""
        name = parts[0].rule.inputs[k]
        if name in self.scalars or not self.inputs[name].ndim:
            return self._whole(name)
        arrays = [part.taken_from(self.inputs[part.rule.inputs[k]]) for part in parts]
        return Ball.exact(np.concatenate(arrays), self.precision)


def _used(value: Any, bound: Any, found: Array) -> Any:
    """Return error/bound of each number; None if a number is outside its bound, or the bound is infinite."""
    with np.errstate(all="ignore"):
        error = np.abs(found - value)
        if not (error <= bound).all() or np.isinf(bound).any():
            return None
        return np.divide(error, bound, out=error, where=error > 0)
