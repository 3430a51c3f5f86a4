"""Verify a training while it runs. Every tensor is computed from the inputs that TensorFlow itself had.

The functions of `reference` compute each tensor on arrays. Numbers with the same bits are reproduced; the others must
lie in the balls of their rules. If any number of a step lies outside, `verify.compare.walk` judges the whole step
again: it says what is wrong, and which other equation the numbers agree with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from reference.network import Network
from reference.rules import Rule
from reference.tensor_names import CARRIED, carried, is_state, left_by
from verify.bounds import Ball
from verify.compare.evaluation import evaluate, fused, scalars
from verify.compare.masks import Masks
from verify.compare.plan import StepInputs, planned
from verify.compare.recompute import coefficients_as_numbers, impossible_raises, recompute, reproduced
from verify.compare.tensor import Comparison
from verify.compare.walk import Walk
from verify.lockstep import sparse_product as products
from verify.records.precision import PRECISIONS, Floats
from verify.records.settings import OPTIMIZERS, Settings
from verify.records.trace import Array, Trace


@dataclass(frozen=True)
class Judged:
    """The result of one step: counts of numbers, the utilisation of each tensor, and the failed comparisons in order.

    `elements` counts the numbers compared, `reproduced` those with the same bits, `outside` those outside their bound.
    The utilisation of a tensor is the largest error/bound of the numbers that needed a bound; it is 0 if none did.
    """

    step: int
    elements: int
    outside: int
    utilisation: Mapping[str, float]
    failed: tuple[Comparison, ...] = ()
    reproduced: int = 0

    @property
    def worst(self) -> tuple[str, float]:
        """The tensor with the largest utilisation, and that utilisation.

        If tensors failed, it is one of them. The name is "" if no number needed a bound.
        """
        ratios = [(c.tensor, c.utilisation) for c in self.failed] or list(self.utilisation.items())
        tensor, largest = max(ratios, key=lambda pair: np.nan_to_num(pair[1], nan=-1), default=("", 0.0))
        return (tensor, largest) if largest or self.failed else ("", 0.0)


@dataclass(frozen=True)
class _Plan:
    """The rules of a step, the shape of each rule's tensor, and what the step must hold. `trace` has no tensors."""

    trace: Trace
    rules: tuple[Rule, ...]
    shapes: tuple[tuple[int, ...], ...]
    attributes: StepInputs


class Lockstep:
    """The verification of a training, step by step.

    It needs every step in order. If steps are left out, it needs the state before each step that it is given.
    """

    def __init__(self, settings: Settings, network: Network) -> None:
        self.settings, self.network = settings, network
        self.optimizer, self.precision = OPTIMIZERS[settings.optimizer], PRECISIONS[settings.dtype]
        self.before: dict[str, Array] = {}
        self.explained = False
        self.plans: dict[tuple[int, bool], _Plan] = {}
        self.masks = Masks(network)

    def judge(self, number: int, tensors: Mapping[str, Array], state: Mapping[str, Array] | None = None) -> Judged:
        """Judge all tensors of a step (the first is 1) and return the result.

        `state` holds the parameters and moments before the step (P, m_P, …), needed if the step before was left out.
        """
        if state is not None:
            self.before = {name + CARRIED: array for name, array in state.items()}
        first = number == 1 and state is None
        plan = self._plan(self.examples(tensors), first)
        judged, masks = None, tuple(self.masks.problems(number, tensors))
        whole = masks or any(is_state(name, "own") for name in tensors)
        if not whole and next(iter(plan.attributes.problems(number, tensors)), None) is None:
            with impossible_raises():
                judged = self._passing(plan, number, tensors)
        judged = judged or self._walked(number, tensors, plan.trace, masks, first)
        self.before = {name: array for tensor, array in tensors.items() if (name := carried(tensor)) is not None}
        return judged

    def examples(self, tensors: Mapping[str, Array]) -> int:
        """Return the number of examples: the last batch of an epoch may be smaller than the others."""
        X = tensors.get(self.network.inputs[0])
        return len(X) if X is not None and X.ndim > 1 else self.settings.batch

    def _plan(self, examples: int, first: bool) -> _Plan:
        """Return the plan of a step, made once for each number of examples; `first`: of the first step."""
        if (examples, first) not in self.plans:
            trace = Trace(replace(self.settings, batch=examples), self.network, {}, {})
            rules, rest = planned(trace, "backprop", first)
            shapes = tuple(self.network.tensor_shape(rule.tensor, examples) for rule in rules)
            self.plans[examples, first] = _Plan(trace, rules, shapes, StepInputs(trace, rules, rest))
        return self.plans[examples, first]

    def _passing(self, plan: _Plan, number: int, tensors: Mapping[str, Array]) -> Judged | None:
        """Return the result of a step in which every number passes, or None if a number does not."""
        dtype = self.precision.name
        inputs = {**self.before, **tensors, **coefficients_as_numbers(number, self.optimizer, dtype)}
        bounds = _Bounds(self, number, inputs)
        utilisation: dict[str, float | None] = {}
        groups: dict[Any, list[_Part]] = {}
        elements = reproduced_count = 0
        for rule, shape in zip(plan.rules, plan.shapes, strict=True):
            array = tensors.get(rule.tensor)
            if array is None or array.dtype != dtype or array.shape != shape:
                return None
            same = reproduced(recompute(rule, inputs, dtype), array)
            count = int(np.count_nonzero(same))
            utilisation[rule.tensor] = 0.0
            if count < array.size and rule.elementwise and array.ndim:
                groups.setdefault(_arithmetic(rule, inputs), []).append(_Part(rule, array, np.flatnonzero(~same)))
            elif count < array.size:
                utilisation[rule.tensor] = bounds.utilisation(rule, array, same)
            elements += array.size
            reproduced_count += count
        for parts in groups.values():
            utilisation |= bounds.of_elements(parts)
        passing = {tensor: ratio for tensor, ratio in utilisation.items() if ratio is not None}
        return Judged(number, elements, 0, passing, (), reproduced_count) if len(passing) == len(utilisation) else None

    def _walked(
        self, number: int, tensors: Mapping[str, Array], trace: Trace, masks: tuple[Comparison, ...], first: bool
    ) -> Judged:
        """Return the result of a step from the full comparison. Only the first failed step is explained."""
        walk = Walk(trace, "backprop", modes=("local",))
        walk.explains = not self.explained
        walk.begin({left_by(name): array for name, array in self.before.items()})
        rows = [*masks, *(c for c in walk.step(number, tensors, first) if c.tensor not in {m.tensor for m in masks})]
        failed = tuple(c for c in rows if not c.passed)
        self.explained = self.explained or bool(failed)
        utilisation = {c.tensor: c.utilisation for c in rows if c.passed}
        elements, outside = sum(c.elements for c in rows), sum(c.outside for c in rows)
        return Judged(number, elements, outside, utilisation, failed, sum(c.reproduced for c in rows))


class _Part(NamedTuple):
    """The numbers of a tensor that were not reproduced, given by their places in the flattened array."""

    rule: Rule
    tensorflow: Array
    places: Array

    def numbers(self, array: Array) -> Array:
        """Return the numbers of an array at these places."""
        return np.take(array, self.places)


def _arithmetic(rule: Rule, inputs: Mapping[str, Any]) -> Any:
    """Return a key that is equal for rules with the same arithmetic on the same single numbers, as Adam's updates."""
    f, names = rule.compute, rule.inputs
    numbers = tuple(name for name in names if not np.ndim(inputs.get(name, 0.0)))
    roles = (rule.single, numbers, *((names.index(n), n in rule.fusable, n in rule.folded) for n in names))
    return (f.func, f.args, tuple(f.keywords.items()), roles) if isinstance(f, partial) else (f, roles)


class _Bounds:
    """The bounds of the rules of one step, at single elements."""

    def __init__(self, lockstep: Lockstep, number: int, inputs: Mapping[str, Any]) -> None:
        self.inputs, self.precision, self.jit = inputs, lockstep.precision, lockstep.settings.jit
        self.scalars = scalars(number, lockstep.optimizer, lockstep.precision)
        self.balls: dict[str, Ball] = {}

    def utilisation(self, rule: Rule, tensorflow: Array, same: Array) -> float | None:
        """Return the largest error/bound of the numbers that are not reproduced (`same`), or None if one is outside."""
        if any(name not in self.inputs for name in rule.inputs):
            return None
        if rule.summed is not None:
            operands = tuple(self.inputs[name] for name in rule.inputs)
            with np.errstate(all="ignore"):
                largest = products.utilisation(operands, rule.summed, tensorflow, same, self.precision)
            if largest is not None:
                return largest if np.isfinite(largest) else None
        ball = self._ball(rule, {name: self._whole(name) for name in rule.inputs})
        if ball is None or ball.shape != tensorflow.shape:
            return None
        ratios = _error_by_bound(*(x[~same] for x in (ball.value, ball.spread(), tensorflow)))
        return None if ratios is None else float(ratios.max())

    def of_elements(self, parts: Sequence[_Part]) -> dict[str, float | None]:
        """Return the utilisation of each tensor, for rules with the same arithmetic.

        All tensors are judged together, because each operation on balls takes time.
        """
        rule = parts[0].rule
        tensors = [part.rule.tensor for part in parts]
        if any(name not in self.inputs for part in parts for name in part.rule.inputs):
            return dict.fromkeys(tensors)
        numbers = np.concatenate([part.numbers(part.tensorflow) for part in parts])
        ball = self._ball(rule, {name: self._at(k, parts) for k, name in enumerate(rule.inputs)})
        if ball is None or ball.shape != numbers.shape:
            return dict.fromkeys(tensors)
        ratios = _error_by_bound(ball.value, ball.spread(), numbers)
        if ratios is None:
            return dict.fromkeys(tensors)
        starts = np.cumsum([0, *(len(part.places) for part in parts[:-1])])
        return dict(zip(tensors, np.maximum.reduceat(ratios, starts).tolist(), strict=True))

    def _ball(self, rule: Rule, inputs: Mapping[str, Ball]) -> Ball | None:
        """Return the result of a rule on balls, or None if the rule cannot be evaluated on them."""
        with np.errstate(all="ignore"):
            return evaluate(rule, fused(rule, inputs, self.jit), self.precision)

    def _whole(self, name: str) -> Ball:
        """Return the ball of an input. A tensor of TensorFlow is exact; a coefficient is rounded."""
        if name in self.scalars:
            return self.scalars[name]
        if name not in self.balls:
            self.balls[name] = Ball.exact(self.inputs[name], self.precision)
        return self.balls[name]

    def _at(self, k: int, parts: Sequence[_Part]) -> Ball:
        """Return the ball of the k-th input at the places of all parts; a single number is returned as it is."""
        name = parts[0].rule.inputs[k]
        if name in self.scalars or not self.inputs[name].ndim:
            return self._whole(name)
        arrays = [part.numbers(self.inputs[part.rule.inputs[k]]) for part in parts]
        return Ball.exact(np.concatenate(arrays), self.precision)


def _error_by_bound(value: Floats, bound: Floats, numbers: Array) -> Floats | None:
    """Return error/bound of each number, or None if a number is outside its bound or a bound is infinite."""
    with np.errstate(all="ignore"):
        error = np.abs(numbers - value)
        if not (error <= bound).all() or np.isinf(bound).any():
            return None
        ratios: Floats = np.divide(error, bound, out=error, where=error > 0)
        return ratios
