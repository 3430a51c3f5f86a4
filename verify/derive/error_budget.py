"""Say which operation contributes how much to the bound of one element.

Each operation is evaluated once more without its own rounding. The amount by which the radius shrinks is its share.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from reference.rules import Rule
from reports.explanation import Share
from verify.bounds import Ball
from verify.bounds.sums import terms
from verify.derive import symbols as letters
from verify.derive.case import DerivedStep, applied
from verify.derive.expression import ExpressionNode
from verify.derive.region import Region, at, cut, evaluate, parts_of
from verify.derive.typesetting import digits
from verify.records.precision import (
    EXP_ULP,
    LOG_ULP,
    POWER_ULP,
    RECIPROCAL_ULP,
    SIGMOID_ULP,
    TANH_ULP,
    Floats,
    Precision,
)

PRODUCTS = ("matmul", "weighted_sum")
LEAST = 0.005  # smaller shares are not listed
ULPS = {"exp": EXP_ULP, "log": LOG_ULP, "power": POWER_ULP, "tanh": TANH_ULP, "reciprocal": RECIPROCAL_ULP}
NAMES = {
    "add": "addition", "subtract": "subtraction", "multiply": "multiplication", "divide": "division",
    "sqrt": "square root", "exp": "e^x", "log": "ln x", "power": "power", "tanh": "tanh", "reciprocal": "1/x",
    "matmul": "product", "sum": "sum", "weighted_sum": "sum", "sigmoid": "sigmoid", "product": "product",
    "quotient": "division", "norm": "norm",
}  # fmt: skip


class Unrounded(Precision):
    """A precision in which no operation rounds."""

    @property
    def joint_unit(self) -> float:
        """The unit roundoff of both sides together: 0."""
        return 0.0

    def round(self, x: Any) -> Floats:
        """Return x itself, as float64."""
        unchanged: Floats = np.asarray(x, dtype=np.float64)
        return unchanged


UNROUNDED = Unrounded("unrounded", 0.0, 0.0)


class _Balls:
    """Compute in balls, for `region.evaluate`.

    The node `without` is evaluated without its rounding. Tensors in `unrolled` are computed from their own rules.
    """

    as_declared = True

    def __init__(
        self,
        case: DerivedStep,
        inputs: Any,
        precision: Precision,
        memo: dict[Any, Any],
        without: ExpressionNode | None = None,
        unrolled: frozenset[str] = frozenset(),
    ) -> None:
        self.case, self.inputs, self.precision, self.memo = case, inputs, precision, memo
        self.without, self.unrolled = without, unrolled

    def tensor(self, name: str, region: Region) -> Any:
        if name in self.unrolled:
            return evaluate(self.case.node(name, named=False), region, self, self.memo)
        ball = self.inputs[name]
        value = cut(ball.value, region) if ball.shape else ball.value
        if self.without is not None and self.without.name == name:
            return Ball(value, 0.0, self.precision)
        radius = ball.radius if np.ndim(ball.radius) == 0 else cut(ball.radius, region)
        return Ball(value, radius, self.precision)

    def constant(self, value: Any) -> Any:
        if self.without is not None and self.without.value is value:
            return Ball(value, 0.0, self.precision)
        return Ball.constant(value, self.precision)

    def apply(self, node: ExpressionNode, operands: tuple[Any, ...]) -> Any:
        balls = tuple(x if _is_mask(x) else _ball(x, self.precision) for x in operands)
        if node is not self.without:
            return applied(node, balls)
        unrounded = applied(node, tuple(_in(x, UNROUNDED) for x in balls))
        return _in(unrounded, self.precision)


def _is_mask(x: Any) -> bool:
    return getattr(x, "dtype", None) == np.bool_


def _ball(x: Any, precision: Precision) -> Ball:
    return x if isinstance(x, Ball) else Ball.constant(x, precision)


def _in(x: Any, precision: Precision) -> Any:
    """Return the ball with another precision for the operations on it.  Anything but a ball is returned unchanged."""
    if not isinstance(x, Ball):
        return x
    return Ball(x.value, x.radius, precision)


def shares(case: DerivedStep, rule: Rule, index: tuple[int, ...]) -> tuple[Share, ...]:
    """Return what each operation contributes to the bound, the largest share first.  `index` counts from 0.

    Inputs are exact and have no share.
    """
    node = case.node(rule.tensor, named=False)
    evaluated: dict[Any, Any] = {}
    radius = _radius(case, rule, node, index, None, evaluated)
    contributions: dict[str, float] = {}
    for inner in dict.fromkeys(nodes(node)) if 0 < radius < np.inf else ():
        if inner.operation in NAMES or inner.operation in ("constant", "tensor"):
            contribution = radius - _radius(case, rule, node, index, inner, {})
            if contribution > 0:
                words = _words(inner, evaluated, case)
                contributions[words] = contributions.get(words, 0.0) + contribution
    total = sum(contributions.values()) or 1.0
    ordered = sorted(contributions.items(), key=lambda item: -item[1])
    return tuple(Share(words, part / total) for words, part in ordered if part >= LEAST * total)


def _radius(
    case: DerivedStep,
    rule: Rule,
    node: ExpressionNode,
    index: tuple[int, ...],
    without: ExpressionNode | None,
    memo: dict[Any, Any],
) -> float:
    """Return the radius of one element if the node `without` does not round.  `memo` collects what is evaluated."""
    precision = case.inner(rule)
    with np.errstate(all="ignore"):
        result = evaluate(node, at(index), _Balls(case, case.inputs(rule), precision, memo, without), memo)
    return float(np.max(result.radius)) if isinstance(result, Ball) else 0.0


def chained(case: DerivedStep, tensor: str, index: tuple[int, ...], unrolled: frozenset[str]) -> Ball:
    """Return the ball of one element, with the unrolled tensors computed from their own rules.  `index` from 0."""
    inputs: dict[str, Any] = {}
    for name in (tensor, *unrolled):
        inputs |= case.inputs(case.rules[name])
    memo: dict[Any, Any] = {}
    algebra = _Balls(case, inputs, case.precision, memo, None, unrolled)
    with np.errstate(all="ignore"):
        result = evaluate(case.node(tensor, named=False), at(index), algebra, memo)
    return _ball(result, case.precision)


def nodes(node: ExpressionNode) -> Iterator[ExpressionNode]:
    """Yield every node of the tree, operands before the operation on them."""
    for operand in node.operands:
        yield from nodes(operand)
    yield node


def _words(node: ExpressionNode, evaluated: dict[Any, Any], case: DerivedStep) -> str:
    """Say which operation it is, how often it is done, and by what its rounding is bounded."""
    precision = case.precision
    if node.operation == "constant":
        return f"the constant {node.name or digits(float(node.value))}, rounded to {precision.name}"
    if node.operation == "tensor":
        if node.name in case.scalars:
            return f"{letters.coefficient(node.name).text}, rounded to {precision.name}"
        return f"{node.name}: a product that XLA need not round, or a number too small to be kept"
    (region, ball), *_ = [(part, ball) for (inner, part), ball in evaluated.items() if inner is node]
    times = f"{ball.value.size} × " if ball.value.size > 1 else ""
    u = f"u = 2^{_log2(precision)}"
    if node.operation in PRODUCTS and node.operands[0].shape[-1] == 1:
        return f"{times}product{' and addition' if node.body else ''}: up to 0.5 ulp"
    if node.operation in PRODUCTS:
        operands = [evaluated[key] for key in zip(node.operands, parts_of(node, region), strict=True)]
        count = int(np.max(terms(*(_ball(x, precision) for x in operands))))
        return f"{times}sum of {count:,} products, in any order: {count:,} roundings of {u}"
    if node.operation == "sum":
        count = int(np.prod(node.operands[0].shape if node.axis is None else [node.operands[0].shape[node.axis]]))
        return f"{times}sum of {count:,} terms, in any order: {count - 1:,} roundings of {u}"
    if node.operation == "sigmoid":
        return f"{times}1 / (1 + e^-x), computed by one kernel: up to {SIGMOID_ULP:g} ulp"
    if node.operation == "product" and len(node.operands) > 2:
        return f"{times}product of {len(node.operands)} factors, in any order"
    if node.operation == "norm":
        return f"{times}norm: the squares, their sum in any order, and its square root"
    ulp = ULPS.get(node.operation, 0.5)
    return f"{times}{NAMES[node.operation]}: up to {ulp:g} ulp"


def _log2(precision: Precision) -> int:
    return round(float(np.log2(precision.unit)))
