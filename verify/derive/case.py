"""One step of a trace as a place to explain: its rules written down, its numbers, exact and as balls."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import numpy as np

from reference.operations import choose
from reference.rules import Rule, given
from reference.tensor_names import CARRIED, in_step, left_by
from verify.bounds import Ball
from verify.compare.evaluation import evaluate, fused, scalars
from verify.compare.plan import planned
from verify.derive import rationals as exact
from verify.derive.expression import CHOOSE, Node, write
from verify.derive.formula import decimal
from verify.derive.rationals import Exact
from verify.derive.region import Region, at, cut
from verify.derive.region import evaluate as evaluate_part
from verify.errors import Unusable
from verify.records.precision import FLOAT32, FLOAT64, PRECISIONS, Precision
from verify.records.settings import OPTIMIZERS
from verify.records.trace import Array, Trace

UNROLLED = frozenset[str]()
DIGITS = {"float32": 12, "float64": 20}  # of the number by hand


class Case:
    """A step (from 1) of a trace; `balls` of its rules, where they are known already.

    Raises Unusable for a step that the trace does not have.
    """

    def __init__(self, trace: Trace, step: int, balls: Mapping[str, Ball] = MappingProxyType({})) -> None:
        if not 1 <= step <= trace.settings.steps:
            held = f"steps 1 to {trace.settings.steps}" if trace.settings.steps > 1 else "step 1 only"
            raise Unusable(f"--step {step}: the trace holds {held}")
        settings = trace.settings
        self.trace, self.number = trace, step
        self.optimizer = OPTIMIZERS[settings.optimizer]
        self.precision: Precision = PRECISIONS[settings.dtype]
        self.held: dict[str, Array] = trace.step(step)
        plan, _ = planned(trace, "backprop", step == 1)
        self.rules: dict[str, Rule] = {rule.tensor: rule for rule in plan}
        self.scalars = scalars(settings.done + step, self.optimizer, self.precision)
        self.t = settings.done + step
        self.digits = DIGITS[settings.dtype]
        self._nodes: dict[tuple[str, bool], Node] = {}
        self._memos: dict[Any, dict[Any, Any]] = {"balls": dict(balls)}

    @property
    def names(self) -> tuple[str, ...]:
        """Every tensor that can be asked for: given, computed, or held without a rule."""
        return tuple(dict.fromkeys((*given(self.trace.network), *self.rules, *self.held)))

    @property
    def given(self) -> tuple[str, ...]:
        """What no rule of any step computes."""
        return given(self.trace.network)

    @property
    def as_written(self) -> bool:
        """Whether constants are those a person writes; float64's own rounding is what a float64 run is judged by."""
        return self.precision is not FLOAT64

    def shape(self, name: str) -> tuple[int, ...]:
        if name in self.scalars:
            return ()
        return self.trace.network.tensor_shape(name.removesuffix(CARRIED), self.trace.settings.batch)

    def own_shape(self, name: str) -> tuple[int, ...]:
        """What the network says; of a tensor that it does not know, what the trace says."""
        known = name in self.rules or name in self.given
        return self.shape(name) if known else tuple(self.held[name].shape)

    def array(self, name: str) -> Array:
        """What TensorFlow held.  Raises Unusable where that is nothing, or not what it must be."""
        found = self._previous(name) if name.endswith(CARRIED) else self.held.get(name)
        if found is None:
            raise Unusable(f"{name}: the trace does not hold it in step {self.number}")
        shape = self.shape(name)
        if found.shape != shape or found.dtype != self.trace.settings.dtype:
            raise Unusable(f"{name}: the trace holds {found.dtype} of shape {list(found.shape)}, "
                           f"not {self.trace.settings.dtype} of shape {list(shape)}")  # fmt: skip
        return found

    def _previous(self, name: str) -> Array | None:
        return self.trace.tensors.get(in_step(self.number - 1, left_by(name)))

    def node(self, tensor: str, named: bool | None = None) -> Node:
        """The rule of a tensor, written down."""
        key = (tensor, self.as_written if named is None else named)
        if key not in self._nodes:
            rule = self.rules[tensor]
            shapes = {name: self.shape(name) for name in rule.inputs}
            self._nodes[key] = write(rule, shapes, self.t, key[1])
        return self._nodes[key]

    def correct(self, node: Node, index: tuple[int, ...], digits: int, unrolled: frozenset[str] = UNROLLED) -> Exact:
        """The exact number; or, if something had to be rounded, one that is correct in so many digits.

        Those are computed again with more bits until they stay as they are (Ziv 1991).  Raises Unusable.
        """
        bits = exact.BITS
        found = self.exact(node, index, unrolled, bits)
        while not found.exact:
            bits *= 2
            again = self.exact(node, index, unrolled, bits)
            if decimal(again.item(), digits) == decimal(found.item(), digits):
                return again
            if abs(again.item()) * 2 ** (bits // 8) <= abs(
                found.item()
            ):  # it shrinks as bits are added: roundings of 0
                return exact.of_fractions([Fraction(0)], again.shape, False)
            if bits > exact.MOST_BITS:
                raise Unusable("its digits cannot be told, however many are computed")
            found = again
        return found

    def exact(self, node: Node, index: tuple[int, ...], unrolled: frozenset[str] = UNROLLED,
              bits: int = exact.BITS) -> Exact:  # fmt: skip
        """The exact number of one element; tensors in `unrolled` are computed too, the others read.

        Raises Unusable where a number is not finite or the equation has no value.
        """
        memo = self._memos.setdefault((unrolled, bits), {})
        try:
            found: Exact = evaluate_part(node, at(index), _Exactly(self, unrolled, bits, memo), memo)
        except ArithmeticError as error:
            raise Unusable(f"the equation has no value there ({error or 'division by 0'})") from error
        return found

    def floats(self, node: Node, region: Region) -> Any:
        """A part of a node in float64, rounded at each operation: to choose what is worth showing."""
        with np.errstate(all="ignore"):
            return evaluate_part(node, region, _Floating(self), self._memos.setdefault("floats", {}))

    def ball(self, rule: Rule) -> Ball:
        """The rule's ball on TensorFlow's own inputs, whole: what the verdict of the comparison reads."""
        memo = self._memos.setdefault("balls", {})
        if rule.tensor not in memo:
            memo[rule.tensor] = evaluate(rule, self.inputs(rule), self.precision)
        found: Ball | None = memo[rule.tensor]
        if found is None:
            raise Unusable(f"{rule.tensor}: the trace lacks what it is computed from")
        return found

    def inner(self, rule: Rule) -> Precision:
        """The precision in which Keras evaluates the rule."""
        return FLOAT32 if rule.single else self.precision

    def inputs(self, rule: Rule) -> Mapping[str, Any]:
        """What TensorFlow had, as balls."""
        read = [name for name in rule.inputs if name not in self.scalars]
        exactly = {name: Ball.exact(self.array(name), self.precision) for name in read}
        return fused(rule, {**self.scalars, **exactly}, self.trace.settings.jit)


class _Floating:
    """float64 for `region.evaluate`."""

    as_declared = False

    def __init__(self, case: Case) -> None:
        self.case = case

    def tensor(self, name: str, region: Region) -> Any:
        if name in self.case.scalars:
            return np.float64(self.case.optimizer.coefficients[name])
        return cut(self.case.array(name), region).astype(np.float64)

    def constant(self, value: Any) -> Any:
        return np.asarray(value, dtype=np.float64)

    def apply(self, node: Node, operands: tuple[Any, ...]) -> Any:
        return applied(node, operands)


def applied(node: Node, operands: tuple[Any, ...]) -> Any:
    """NumPy's own operation on arrays, or on balls."""
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
    """Exact numbers for `region.evaluate`."""

    as_declared = False

    def __init__(self, case: Case, unrolled: frozenset[str], bits: int, memo: dict[Any, Any]) -> None:
        self.case, self.unrolled, self.bits, self.memo = case, unrolled, bits, memo

    def tensor(self, name: str, region: Region) -> Exact:
        case = self.case
        if name in self.unrolled:
            found: Exact = evaluate_part(case.node(name), region, self, self.memo)
            return found
        if name in case.scalars:
            return exact.of_constant(case.optimizer.coefficients[name], case.as_written)
        array = cut(case.array(name), region)
        if not np.isfinite(array).all():
            raise Unusable(f"{name}: the trace holds NaN or infinity there")
        return exact.of_floats(array)

    def constant(self, value: Any) -> Exact:
        return exact.of_constant(value, self.case.as_written)

    def apply(self, node: Node, operands: tuple[Exact, ...]) -> Exact:
        return exact.apply(node.operation, operands, node.axis, node.keepdims, self.bits)
