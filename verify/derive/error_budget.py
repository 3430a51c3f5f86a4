"""Say which operation contributes how much to the bound of one element.

Each operation is evaluated once more without its own rounding. The amount by which the radius shrinks is its share.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from reference.operations import first_largest
from reference.rules import Rule
from reports.explanation import Share
from verify.bounds import Ball
from verify.bounds.sums import terms
from verify.derive.case import NONE_UNROLLED, DerivedStep
from verify.derive.expression import FIRST, SHARES, ExpressionNode
from verify.derive.region import Memo, Region, cut, element_region, evaluate_region, parts_of
from verify.derive.symbols import coefficient
from verify.derive.typesetting import digits
from verify.records import precision as formats
from verify.records.precision import FLOAT32, Floats, Precision
from verify.records.trace import Array

PRODUCTS = ("matmul", "weighted_sum")
LEAST = 0.005  # smaller shares are not listed
ULPS = {
    "exp": formats.EXP_ULP, "log": formats.LOG_ULP,
    "log1p": formats.LOG1P_ULP, "power": formats.POWER_ULP, "tanh": formats.TANH_ULP,
    "reciprocal": formats.RECIPROCAL_ULP, "cube": formats.CUBE_ULP,
}  # fmt: skip
NAMES = {
    "add": "addition", "subtract": "subtraction", "multiply": "multiplication", "divide": "division",
    "sqrt": "square root", "exp": "e^x", "log": "ln x",
    "log1p": "ln(1 + x)", "power": "power", "tanh": "tanh",
    "reciprocal": "1/x",
    "matmul": "product", "sum": "sum", "weighted_sum": "sum", "sigmoid": "sigmoid",
    "softplus": "softplus", "product": "product",
    "quotient": "division", "norm": "norm", "added": "addition", "added_rows": "sum",
    "erfc": "erfc", SHARES: "1/count",
    "cube": "x^3", "simplex_threshold": "threshold of a sparsemax",
}  # fmt: skip


class Unrounded(Precision):
    """A precision in which no operation rounds."""

    @property
    def joint_unit(self) -> float:
        """The unit roundoff of both sides together: 0."""
        return 0.0

    def round(self, x: ArrayLike) -> Floats:
        """Return x itself, as float64."""
        return np.asarray(x, dtype=np.float64)


UNROUNDED = Unrounded("unrounded", 0.0, 0.0)


@np.errstate(all="ignore")
def _numpy_operation(node: ExpressionNode, operands: tuple[Any, ...]) -> Any:
    """Return the result of a node's operation on balls, computed by NumPy's own function."""
    if node.operation == FIRST:
        return first_largest(operands[0])
    if node.declared is not None:
        return node.declared(*operands)
    if node.operation in ("sum", "max"):
        return getattr(operands[0], node.operation)(axis=node.axes, keepdims=node.keepdims)
    return getattr(np, node.operation)(*operands)


@dataclass
class _Balls:
    """Compute in balls, for `evaluate_region`.

    The node `without` is evaluated without its rounding. Tensors in `unrolled` are computed from their own rules.
    """

    case: DerivedStep
    inputs: Mapping[str, Ball]
    precision: Precision
    without: ExpressionNode | None = None
    unrolled: frozenset[str] = NONE_UNROLLED
    as_declared: bool = True
    memo: Memo = field(default_factory=dict)

    def tensor(self, name: str, region: Region) -> Any:
        if name in self.unrolled:
            return evaluate_region(self.case.node(name, named=False), region, self)
        ball = self.inputs[name]
        value = cut(ball.value, region)
        if self.without is not None and self.without.name == name:
            return Ball(value, 0.0, self.precision)
        return Ball(value, cut(ball.radius, region) if np.ndim(ball.radius) else ball.radius, self.precision)

    def constant(self, value: Any) -> Ball:
        if self.without is not None and self.without.value is value:
            return Ball(value, 0.0, self.precision)
        return Ball.constant(value, self.precision)

    def apply(self, node: ExpressionNode, operands: tuple[Any, ...]) -> Any:
        balls = tuple(_as_ball(x, self.precision) for x in operands)
        if node is not self.without:
            return _numpy_operation(node, balls)
        return _as_ball(_numpy_operation(node, tuple(_as_ball(x, UNROUNDED) for x in balls)), self.precision)

    def gather(self, operands: tuple[Any, ...], places: Array) -> Any:
        if all(getattr(x, "dtype", None) == np.bool_ for x in operands):
            return _gathered(operands, places) > 0
        balls = [_as_ball(x, self.precision) for x in operands]
        radius = 0.0 if all(x.is_exact for x in balls) else _gathered([x.spread() for x in balls], places)
        return Ball(_gathered([x.value for x in balls], places), radius, self.precision)


def _gathered(arrays: Sequence[Any], places: Array) -> Array:
    """Return the numbers at these places of the arrays, one behind the other; 0 for place -1."""
    return np.concatenate([*(x.ravel() for x in arrays), np.zeros(1)])[places]


def _as_ball(x: Any, precision: Precision) -> Any:
    """Return a ball or a constant as a ball of this precision.  A mask is returned unchanged."""
    if getattr(x, "dtype", None) == np.bool_:
        return x
    return Ball(x.value, x.radius, precision) if isinstance(x, Ball) else Ball.constant(x, precision)


def shares(case: DerivedStep, rule: Rule, index: tuple[int, ...]) -> tuple[Share, ...]:
    """Return what each operation contributes to the bound, the largest share first.  `index` counts from 0.

    Inputs are exact and have no share.
    """
    tree, inputs = case.node(rule.tensor, named=False), case.inputs(rule)
    precision = FLOAT32 if rule.single else case.precision

    def radius(algebra: _Balls) -> float:
        result = evaluate_region(tree, element_region(index), algebra)
        return float(np.max(result.radius)) if isinstance(result, Ball) else 0.0

    rounded = _Balls(case, inputs, precision)
    bound = radius(rounded)
    contributions: defaultdict[str, float] = defaultdict(float)
    for node in dict.fromkeys(_nodes(tree)) if 0 < bound < np.inf else ():
        if node.operation in NAMES or node.operation in ("constant", "tensor"):
            contribution = bound - radius(_Balls(case, inputs, precision, node))
            if contribution > 0:
                contributions[_words(node, rounded.memo, case)] += contribution
    total = sum(contributions.values())
    ordered = sorted(contributions.items(), key=lambda item: -item[1])
    return tuple(Share(words, part / total) for words, part in ordered if part >= LEAST * total)


def chained(case: DerivedStep, tensor: str, index: tuple[int, ...], unrolled: frozenset[str]) -> Ball:
    """Return the ball of one element, with the unrolled tensors computed from their own rules.  `index` from 0."""
    inputs: dict[str, Ball] = {}
    for name in (tensor, *unrolled):
        inputs |= case.inputs(case.rules[name])
    algebra = _Balls(case, inputs, case.precision, unrolled=unrolled)
    result = evaluate_region(case.node(tensor, named=False), element_region(index), algebra)
    return result if isinstance(result, Ball) else Ball.constant(result, case.precision)


def _nodes(node: ExpressionNode) -> Iterator[ExpressionNode]:
    """Yield every node of the tree, operands before the operation on them."""
    for operand in node.operands:
        yield from _nodes(operand)
    yield node


def _words(node: ExpressionNode, evaluated: Memo, case: DerivedStep) -> str:
    """Say which operation it is, how often it is done, and by what its rounding is bounded."""
    precision, operation, operands = case.precision, node.operation, node.operands
    if operation == "constant":
        return f"the constant {node.name or digits(float(node.value))}, rounded to {precision.name}"
    if operation == "tensor" and node.name in case.scalars:
        return f"{coefficient(node.name).text}, rounded to {precision.name}"
    if operation == "tensor":
        return f"{node.name}: a product that XLA need not round, or a number so small that it may become 0"
    region, ball = next((region, ball) for (inner, region), ball in evaluated.items() if inner is node)
    times = f"{ball.value.size} × " if ball.value.size > 1 else ""
    unit = f"u = 2^{np.log2(precision.unit):.0f}"
    if operation in PRODUCTS and operands[0].shape[-1] == 1:
        words = f"product{' and addition' if node.body else ''}: up to 0.5 ulp"
    elif operation in PRODUCTS:
        balls = [evaluated[key] for key in zip(operands, parts_of(node, region), strict=True)]
        count = int(np.max(terms(*(_as_ball(x, precision) for x in balls))))
        words = f"sum of {count:,} products, in any order: {count:,} roundings of {unit}"
    elif operation == "sum":
        count = math.prod(operands[0].shape[axis] for axis in node.axes)
        words = f"sum of {count:,} terms, in any order: {count - 1:,} roundings of {unit}"
    elif operation == "sigmoid":
        words = f"1 / (1 + e^-x), computed by one kernel: up to {formats.SIGMOID_ULP:g} ulp"
    elif operation == "power" and operands[0].shape and operands[1].value == 2:
        words = f"x^2: up to {formats.SQUARE_ULP:g} ulp"
    elif operation == "power" and operands[0].shape:
        words = f"a^b: up to {formats.POWERS_ULP:g} ulp, and {formats.POWERS_TAIL_ULP:g} |b ln a| more"
    elif operation == "erfc":
        words = f"erfc: up to {formats.ERFC_ULP:g} ulp, and {formats.ERFC_TAIL_ULP:g} x² more where x > 0"
    elif operation == "softplus":
        words = f"ln(1 + e^x), computed by one kernel: up to {formats.SOFTPLUS_ULP:g} ulp"
    elif operation == "product" and len(operands) > 2:
        words = f"product of {len(operands)} factors, in any order"
    elif operation == "added" and len(operands) > 2:
        words = f"sum of {len(operands)} terms, in any order: {len(operands) - 1} roundings of {unit}"
    elif operation == "added_rows":
        words = f"sum of the rows with this number, in any order: a rounding of {unit} for each but the first"
    elif operation == "simplex_threshold":
        words = f"threshold of a sparsemax of {operands[0].shape[-1]:,} numbers"
    elif operation == "norm":
        words = "norm: the squares, their sum in any order, and its square root"
    else:
        words = f"{NAMES[operation]}: up to {ULPS.get(operation, 0.5):g} ulp"
    return times + words
