"""One training step of a trace: its rules as trees, and its numbers, exact, in float64 and as balls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import numpy as np

from reference.rules import Rule, given_names
from reference.tensor_names import CARRIED, in_step, left_by
from verify.bounds import Ball
from verify.compare.evaluation import evaluate, fused, scalars
from verify.compare.plan import planned
from verify.derive import rationals
from verify.derive.expression import ExpressionNode, write
from verify.derive.formula import decimal
from verify.derive.rationals import Exact
from verify.derive.region import Memo, Region, cut, element_region, evaluate_region
from verify.errors import Unusable
from verify.records.precision import FLOAT64, PRECISIONS
from verify.records.settings import OPTIMIZERS
from verify.records.trace import Array, Trace

NONE_UNROLLED = frozenset[str]()
DIGITS = {"float32": 12, "float64": 20}  # significant digits of the number by hand


class DerivedStep:
    """One step of a trace, counted from 1, with everything that explanations of its numbers compute.

    `balls`: the balls of rules for which the caller has computed them already.
    Raises Unusable for a step that the trace does not have.
    """

    def __init__(self, trace: Trace, step: int, balls: Mapping[str, Ball] = MappingProxyType({})) -> None:
        settings = trace.settings
        if not 1 <= step <= settings.steps:
            steps = f"steps 1 to {settings.steps}" if settings.steps > 1 else "step 1 only"
            raise Unusable(f"--step {step}: the trace holds {steps}")
        self.trace, self.number = trace, step
        self.optimizer = OPTIMIZERS[settings.optimizer]
        self.precision = PRECISIONS[settings.dtype]
        # A constant is the decimal that a person writes. A float64 run is judged with what float64 can hold of it.
        self.as_written = self.precision is not FLOAT64
        self.digits = DIGITS[settings.dtype]
        self.captured: dict[str, Array] = trace.step(step)
        self.given = (
            *given_names(trace.network),
            *self.optimizer.given,
        )  # the tensors that no rule of any step computes
        plan, _ = planned(trace, "backprop", step == 1)
        self.rules: dict[str, Rule] = {rule.tensor: rule for rule in plan}
        self.scalars = scalars(settings.done + step, self.optimizer, self.precision)
        self._nodes: dict[tuple[str, bool], ExpressionNode] = {}
        self._balls: dict[str, Ball | None] = dict(balls)
        self._exact: dict[tuple[frozenset[str], int], _Exactly] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Every tensor that the user can ask for: inputs, computed tensors, and tensors of the trace without a rule."""
        return tuple(dict.fromkeys((*self.given, *self.rules, *self.captured)))

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape that the network gives to a tensor, or the trace to a tensor that the network lacks.

        It is () for a coefficient of the optimizer.
        """
        if name in self.scalars:
            return ()
        if name in self.captured and name not in self.rules and name not in self.given:
            return self.captured[name].shape
        return self.trace.network.tensor_shape(name.removesuffix(CARRIED), self.trace.settings.batch)

    def array(self, name: str) -> Array:
        """Return TensorFlow's array.  Raises Unusable if it is missing or has a wrong shape or type."""
        if name.endswith(CARRIED):
            array = self.trace.tensors.get(in_step(self.number - 1, left_by(name)))
        else:
            array = self.captured.get(name)
        if array is None:
            raise Unusable(f"{name}: the trace does not hold it in step {self.number}")
        shape, dtype = self.shape(name), self.trace.settings.dtype
        if array.shape != shape or array.dtype != dtype:
            raise Unusable(
                f"{name}: the trace holds {array.dtype} of shape {list(array.shape)}, "
                f"not {dtype} of shape {list(shape)}"
            )
        return array

    def node(self, tensor: str, named: bool | None = None) -> ExpressionNode:
        """Return the rule of a tensor as a tree.  `named` as in `expression.write`; None: as `as_written`."""
        named = self.as_written if named is None else named
        if (tensor, named) not in self._nodes:
            rule = self.rules[tensor]
            shapes = {name: self.shape(name) for name in rule.inputs}
            self._nodes[tensor, named] = write(rule, shapes, self.trace.settings.done + self.number, named)
        return self._nodes[tensor, named]

    def correct(
        self, node: ExpressionNode, index: tuple[int, ...], digits: int, unrolled: frozenset[str] = NONE_UNROLLED
    ) -> Exact:
        """Return the exact number of one element, or a number that is correct in this many digits.

        If something must be rounded, the number is computed again with more bits until its digits no longer change
        (Ziv 1991).  Raises Unusable if they keep changing.
        """
        bits, region = rationals.BITS, element_region(index)
        number = self.exact(node, region, unrolled, bits)
        while not number.exact:
            bits *= 2
            finer = self.exact(node, region, unrolled, bits)
            if decimal(finer.item(), digits) == decimal(number.item(), digits):
                return finer
            # A number that shrinks as bits are added consists of rounding errors only: its exact value is 0.
            if abs(finer.item()) * 2 ** (bits // 8) <= abs(number.item()):
                return rationals.of_fractions([Fraction(0)], finer.shape, False)
            if bits > rationals.MOST_BITS:
                raise Unusable("its digits cannot be told, however many are computed")
            number = finer
        return number

    def exact(
        self,
        node: ExpressionNode,
        region: Region,
        unrolled: frozenset[str] = NONE_UNROLLED,
        bits: int = rationals.BITS,
    ) -> Exact:
        """Return the exact numbers of a region.

        Tensors in `unrolled` are computed from their own rules; the others are read from the trace.
        Raises Unusable if a number is not finite or the equation has no value.
        """
        algebra = self._exact.setdefault((unrolled, bits), _Exactly(self, unrolled, bits))
        try:
            number: Exact = evaluate_region(node, region, algebra)
        except ArithmeticError as error:
            raise Unusable(f"the equation has no value there ({error or 'division by 0'})") from error
        return number

    def ball(self, rule: Rule) -> Ball:
        """Return the ball of the whole tensor, evaluated on TensorFlow's inputs, as the comparison uses it.

        Raises Unusable if the trace lacks an input.
        """
        if rule.tensor not in self._balls:
            self._balls[rule.tensor] = evaluate(rule, self.inputs(rule), self.precision)
        ball = self._balls[rule.tensor]
        if ball is None:
            raise Unusable(f"{rule.tensor}: the trace lacks what it is computed from")
        return ball

    def inputs(self, rule: Rule) -> Mapping[str, Ball]:
        """Return the inputs that TensorFlow had, as balls."""
        tensors = [name for name in rule.inputs if name not in self.scalars]
        balls = {name: Ball.exact(self.array(name), self.precision) for name in tensors}
        return fused(rule, {**self.scalars, **balls}, self.trace.settings.jit)


@dataclass
class _Exactly:
    """Compute in exact fractions, for `evaluate_region`.  Tensors in `unrolled` are computed, the others read."""

    case: DerivedStep
    unrolled: frozenset[str]
    bits: int
    as_declared: bool = False
    memo: Memo = field(default_factory=dict)

    def tensor(self, name: str, region: Region) -> Exact:
        case = self.case
        if name in self.unrolled:
            computed: Exact = evaluate_region(case.node(name), region, self)
            return computed
        if name in case.scalars:
            return rationals.of_constant(case.optimizer.coefficients[name], case.as_written)
        array = cut(case.array(name), region)
        if not np.isfinite(array).all():
            raise Unusable(f"{name}: the trace holds NaN or infinity there")
        return rationals.of_floats(array)

    def constant(self, value: Any) -> Exact:
        return rationals.of_constant(value, self.case.as_written)

    def apply(self, node: ExpressionNode, operands: tuple[Exact, ...]) -> Exact:
        return rationals.apply(node.operation, operands, node.axes, node.keepdims, self.bits)

    def gather(self, operands: tuple[Exact, ...], places: Array) -> Exact:
        return rationals.gather(operands, places)
