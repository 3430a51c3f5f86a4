"""One training step of a trace: its rules as trees, and its numbers, exact, in float64 and as balls."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import numpy as np

from reference.operations import choose
from reference.rules import Rule, given_names
from reference.tensor_names import CARRIED, in_step, left_by
from verify.bounds import Ball
from verify.compare.evaluation import evaluate, fused, scalars
from verify.compare.plan import planned
from verify.derive import rationals as exact
from verify.derive.expression import CHOOSE, ExpressionNode, write
from verify.derive.formula import decimal
from verify.derive.rationals import Exact
from verify.derive.region import Region, at, cut
from verify.derive.region import evaluate as evaluate_part
from verify.errors import Unusable
from verify.records.precision import FLOAT32, FLOAT64, PRECISIONS, Precision
from verify.records.settings import OPTIMIZERS
from verify.records.trace import Array, Trace

UNROLLED = frozenset[str]()
DIGITS = {"float32": 12, "float64": 20}  # significant digits of the number by hand


class DerivedStep:
    """One step of a trace, counted from 1, with everything that explanations of its numbers compute.

    `balls`: the balls of rules for which the caller has computed them already.
    Raises Unusable for a step that the trace does not have.
    """

    def __init__(self, trace: Trace, step: int, balls: Mapping[str, Ball] = MappingProxyType({})) -> None:
        if not 1 <= step <= trace.settings.steps:
            steps = f"steps 1 to {trace.settings.steps}" if trace.settings.steps > 1 else "step 1 only"
            raise Unusable(f"--step {step}: the trace holds {steps}")
        settings = trace.settings
        self.trace, self.number = trace, step
        self.optimizer = OPTIMIZERS[settings.optimizer]
        self.precision: Precision = PRECISIONS[settings.dtype]
        self.captured: dict[str, Array] = trace.step(step)
        plan, _ = planned(trace, "backprop", step == 1)
        self.rules: dict[str, Rule] = {rule.tensor: rule for rule in plan}
        self.scalars = scalars(settings.done + step, self.optimizer, self.precision)
        self.t = settings.done + step
        self.digits = DIGITS[settings.dtype]
        self._nodes: dict[tuple[str, bool], ExpressionNode] = {}
        self._memos: dict[Any, dict[Any, Any]] = {"balls": dict(balls)}

    @property
    def names(self) -> tuple[str, ...]:
        """Every tensor that the user can ask for: inputs, computed tensors, and tensors of the trace without a rule."""
        return tuple(dict.fromkeys((*given_names(self.trace.network), *self.rules, *self.captured)))

    @property
    def given(self) -> tuple[str, ...]:
        """The names of the tensors that no rule of any step computes."""
        return given_names(self.trace.network)

    @property
    def as_written(self) -> bool:
        """True if a constant is the decimal that a person writes, False if it is that decimal rounded to float64.

        A float64 run is judged with the constants that float64 can hold.
        """
        return self.precision is not FLOAT64

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape that the network gives to a tensor; () for a coefficient of the optimizer."""
        if name in self.scalars:
            return ()
        return self.trace.network.tensor_shape(name.removesuffix(CARRIED), self.trace.settings.batch)

    def own_shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of any tensor: from the network, or from the trace if the network does not know it."""
        in_network = name in self.rules or name in self.given
        return self.shape(name) if in_network else tuple(self.captured[name].shape)

    def array(self, name: str) -> Array:
        """Return TensorFlow's array.  Raises Unusable if it is missing or has a wrong shape or type."""
        array = self._previous(name) if name.endswith(CARRIED) else self.captured.get(name)
        if array is None:
            raise Unusable(f"{name}: the trace does not hold it in step {self.number}")
        shape, dtype = self.shape(name), self.trace.settings.dtype
        if array.shape != shape or array.dtype != dtype:
            raise Unusable(
                f"{name}: the trace holds {array.dtype} of shape {list(array.shape)}, "
                f"not {dtype} of shape {list(shape)}"
            )
        return array

    def _previous(self, name: str) -> Array | None:
        """Return the array that the previous step left behind, or None."""
        return self.trace.tensors.get(in_step(self.number - 1, left_by(name)))

    def node(self, tensor: str, named: bool | None = None) -> ExpressionNode:
        """Return the rule of a tensor as a tree.  `named` as in `expression.write`; None: as `as_written`."""
        key = (tensor, self.as_written if named is None else named)
        if key not in self._nodes:
            rule = self.rules[tensor]
            shapes = {name: self.shape(name) for name in rule.inputs}
            self._nodes[key] = write(rule, shapes, self.t, key[1])
        return self._nodes[key]

    def correct(
        self, node: ExpressionNode, index: tuple[int, ...], digits: int, unrolled: frozenset[str] = UNROLLED
    ) -> Exact:
        """Return the exact number of one element, or a number that is correct in this many digits.

        If something must be rounded, the number is computed again with more bits until its digits no longer change
        (Ziv 1991).  Raises Unusable if they keep changing.
        """
        bits = exact.BITS
        number = self.exact(node, index, unrolled, bits)
        while not number.exact:
            bits *= 2
            finer = self.exact(node, index, unrolled, bits)
            if decimal(finer.item(), digits) == decimal(number.item(), digits):
                return finer
            # A number that shrinks as bits are added consists of rounding errors only: its exact value is 0.
            if abs(finer.item()) * 2 ** (bits // 8) <= abs(number.item()):
                return exact.of_fractions([Fraction(0)], finer.shape, False)
            if bits > exact.MOST_BITS:
                raise Unusable("its digits cannot be told, however many are computed")
            number = finer
        return number

    def exact(
        self, node: ExpressionNode, index: tuple[int, ...], unrolled: frozenset[str] = UNROLLED, bits: int = exact.BITS
    ) -> Exact:
        """Return the exact number of one element.

        Tensors in `unrolled` are computed from their own rules; the others are read from the trace.
        Raises Unusable if a number is not finite or the equation has no value.
        """
        memo = self._memos.setdefault((unrolled, bits), {})
        try:
            number: Exact = evaluate_part(node, at(index), _Exactly(self, unrolled, bits, memo), memo)
        except ArithmeticError as error:
            raise Unusable(f"the equation has no value there ({error or 'division by 0'})") from error
        return number

    def floats(self, node: ExpressionNode, region: Region) -> Any:
        """Return a region of a node in float64.  These numbers only choose which terms are shown."""
        with np.errstate(all="ignore"):
            return evaluate_part(node, region, _Floating(self), self._memos.setdefault("floats", {}))

    def ball(self, rule: Rule) -> Ball:
        """Return the ball of the whole tensor, evaluated on TensorFlow's inputs, as the comparison uses it.

        Raises Unusable if the trace lacks an input.
        """
        memo = self._memos.setdefault("balls", {})
        if rule.tensor not in memo:
            memo[rule.tensor] = evaluate(rule, self.inputs(rule), self.precision)
        ball: Ball | None = memo[rule.tensor]
        if ball is None:
            raise Unusable(f"{rule.tensor}: the trace lacks what it is computed from")
        return ball

    def inner(self, rule: Rule) -> Precision:
        """Return the precision in which Keras evaluates the rule."""
        return FLOAT32 if rule.single else self.precision

    def inputs(self, rule: Rule) -> Mapping[str, Any]:
        """Return the inputs that TensorFlow had, as balls."""
        tensors = [name for name in rule.inputs if name not in self.scalars]
        balls = {name: Ball.exact(self.array(name), self.precision) for name in tensors}
        return fused(rule, {**self.scalars, **balls}, self.trace.settings.jit)


class _Floating:
    """Compute in float64, for `region.evaluate`."""

    as_declared = False

    def __init__(self, case: DerivedStep) -> None:
        self.case = case

    def tensor(self, name: str, region: Region) -> Any:
        if name in self.case.scalars:
            return np.float64(self.case.optimizer.coefficients[name])
        return cut(self.case.array(name), region).astype(np.float64)

    def constant(self, value: Any) -> Any:
        return np.asarray(value, dtype=np.float64)

    def apply(self, node: ExpressionNode, operands: tuple[Any, ...]) -> Any:
        return applied(node, operands)


def applied(node: ExpressionNode, operands: tuple[Any, ...]) -> Any:
    """Return the result of a node's operation on arrays or on balls, computed by NumPy's own function."""
    if node.operation == "transpose":
        return operands[0].T
    if node.declared is not None:
        return node.declared(*operands)
    if node.operation == CHOOSE:
        return choose(*operands)
    if node.operation in ("sum", "max"):
        return getattr(operands[0], node.operation)(axis=node.axis, keepdims=node.keepdims)
    return getattr(np, node.operation)(*operands)


class _Exactly:
    """Compute in exact fractions, for `region.evaluate`.  Tensors in `unrolled` are computed, the others read."""

    as_declared = False

    def __init__(self, case: DerivedStep, unrolled: frozenset[str], bits: int, memo: dict[Any, Any]) -> None:
        self.case, self.unrolled, self.bits, self.memo = case, unrolled, bits, memo

    def tensor(self, name: str, region: Region) -> Exact:
        case = self.case
        if name in self.unrolled:
            computed: Exact = evaluate_part(case.node(name), region, self, self.memo)
            return computed
        if name in case.scalars:
            return exact.of_constant(case.optimizer.coefficients[name], case.as_written)
        array = cut(case.array(name), region)
        if not np.isfinite(array).all():
            raise Unusable(f"{name}: the trace holds NaN or infinity there")
        return exact.of_floats(array)

    def constant(self, value: Any) -> Exact:
        return exact.of_constant(value, self.case.as_written)

    def apply(self, node: ExpressionNode, operands: tuple[Exact, ...]) -> Exact:
        return exact.apply(node.operation, operands, node.axis, node.keepdims, self.bits)
