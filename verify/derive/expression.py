"""Write down what an equation does, as a tree of operations.

The functions of `reference` run unchanged on objects of class `Written`, which stand in for arrays. Their result is a
tree that can be evaluated (exactly, or in balls) and printed, as a whole or for one element. So an explanation does not
state any equation a second time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from math import prod
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple
from numpy.lib.mixins import NDArrayOperatorsMixin

from reference.operations import beside, choose, erfc, first_largest, rounded_as, take
from reference.optimizers.muon import iterated
from reference.rules import Rule
from reference.schedules import periods_over
from verify.derive.arrangement import Arrangement, indexed, put_beside, reshaped, taken, transposed
from verify.derive.one_hot import BY_HAND

CHOOSE, FIRST, SHARES = "choose", "first_largest", "shares_of_largest"
ALONG = (FIRST, SHARES)  # each number depends on all numbers along the last axis but one
NEUTRAL = {"add": 0, "multiply": 1}  # the number that changes nothing
ELEMENTWISE = frozenset(
    {"add", "subtract", "multiply", "divide", "power", "negative", "reciprocal", "exp", "log", "log1p", "sqrt", "tanh",
     "cos", "floor", "ceil", "erfc", "periods_over",
     "maximum", "minimum", "greater", "greater_equal", "less", "less_equal", "equal"}
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class ExpressionNode:
    """One operation on other nodes; or a "tensor" with its name; or a "constant" with its value and perhaps a name.

    For an operation that `reference` declares, `declared` is its function and `body` the tree of its plain operations.
    The exceptions: `choose`, `erfc`, `first_largest` and `periods_over` are one operation without a body, and
    `rounded_as` is its operand.
    For an operation that only moves numbers, such as "reshape", `source` says where each number comes from.
    `axes`: those that a "sum" or "max" runs along, or the order of the operand's axes in a "transpose".
    """

    operation: str
    operands: tuple[ExpressionNode, ...]
    shape: tuple[int, ...]
    name: str = ""
    value: Any = None
    axes: tuple[int, ...] = ()
    keepdims: bool = False
    declared: Any = None
    body: ExpressionNode | None = None
    source: Arrangement | None = None


class Size(int):
    """The length of an axis, or a product of lengths.  A division by it keeps it whole, so that 1/N is not rounded."""

    name: str

    def __new__(cls, value: int, name: str) -> Size:
        """Return a whole number with the letter of the size: N or n."""
        size = super().__new__(cls, value)
        size.name = name
        return size

    def __mul__(self, other: Any) -> Any:
        return Size(int(self) * int(other), "") if isinstance(other, int) else NotImplemented

    __rmul__ = __mul__

    def __rtruediv__(self, other: Any) -> Any:
        return Written(constant(other)) / Written(constant(int(self), self.name))


class Written(NDArrayOperatorsMixin):
    """An array of which only the shape is known, and the operations that produce it.

    `sizes`: the lengths in its shape are of class `Size`.
    """

    def __init__(self, node: ExpressionNode, sizes: bool = True) -> None:
        self.node, self.sizes = node, sizes

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape, as of an array."""
        if not self.sizes:
            return self.node.shape
        letters = {0: "N", max(self.ndim - 1, 1): "n"}  # the examples, and the numbers of a row
        return tuple(Size(n, letters.get(axis, "")) for axis, n in enumerate(self.node.shape))

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.node.shape)

    @property
    def T(self) -> Written:
        """The array with its axes in reverse order."""
        return self.transpose()

    def transpose(self, *axes: Any) -> Written:
        """Return the array with its axes in another order; without `axes` in reverse order."""
        order = normalize_axis_tuple(axes[0] if len(axes) == 1 else axes or range(self.ndim)[::-1], self.ndim)
        shape = tuple(self.node.shape[axis] for axis in order)
        return self._moved("transpose", shape, transposed(self.node.shape, order), order)

    def reshape(self, *shape: Any) -> Written:
        """Return the same numbers in another shape."""
        new = np.empty(self.node.shape, dtype=np.bool_).reshape(*shape).shape
        return self._moved("reshape", new, reshaped(new)) if new != self.node.shape else self

    def __getitem__(self, key: Any) -> Written:
        source, shape = indexed(self.node.shape, key)
        return self._moved("index", shape, source)

    def __len__(self) -> int:
        return self.node.shape[0]

    def sum(self, axis: Any = None, keepdims: bool = False, **_: Any) -> Written:
        """Return the sum along an axis, or several.  np.sum calls this method."""
        return self._reduced("sum", axis, keepdims)

    def max(self, axis: Any = None, keepdims: bool = False, **_: Any) -> Written:
        """Return the maximum along an axis, or several.  np.max calls this method."""
        return self._reduced("max", axis, keepdims)

    def __bool__(self) -> bool:
        if self.node.operation == "constant" and not self.node.shape:
            return bool(self.node.value)
        raise NotImplementedError("a decision that depends on the numbers")

    def _result(self, operation: str, operands: tuple[ExpressionNode, ...], shape: tuple[int, ...]) -> Written:
        return Written(ExpressionNode(operation, operands, shape), self.sizes)

    def _moved(
        self, operation: str, shape: tuple[int, ...], source: Arrangement, axes: tuple[int, ...] = ()
    ) -> Written:
        return Written(ExpressionNode(operation, (self.node,), shape, axes=axes, source=source), self.sizes)

    def _reduced(self, operation: str, axis: Any, keepdims: bool) -> Written:
        """Return a sum or maximum along an axis or several; None: along all."""
        axes = normalize_axis_tuple(range(self.ndim) if axis is None else axis, self.ndim)
        shape = tuple(1 if i in axes else n for i, n in enumerate(self.node.shape) if keepdims or i not in axes)
        return Written(ExpressionNode(operation, (self.node,), shape, axes=axes, keepdims=keepdims), self.sizes)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__" or options or ufunc.__name__ not in (*ELEMENTWISE, "matmul"):
            raise NotImplementedError(f"an explanation does not know {ufunc.__name__}.{method}")
        nodes = tuple(_node(x) for x in inputs)
        if ufunc is np.matmul:
            left, right = (node.shape for node in nodes)
            return self._result("matmul", nodes, (*np.broadcast_shapes(left[:-2], right[:-2]), left[-2], right[-1]))
        neutral = [_is_number(node, NEUTRAL.get(ufunc.__name__)) for node in nodes]
        if any(neutral):  # Python's sum begins with 0 + x; a sign may be 1
            return Written(nodes[1 - neutral.index(True)], self.sizes)
        return self._result(ufunc.__name__, nodes, np.broadcast_shapes(*(node.shape for node in nodes)))

    def __operation__(self, function: Any, operands: tuple[Any, ...]) -> Written:
        """Return the result of an operation that `reference` declares."""
        if function is take:
            places = operands[1]
            return self._moved("take", (self.node.shape[0], *places.shape), taken(self.node.shape, places))
        if function is first_largest:
            both = (self.node, self.max(axis=-2, keepdims=True).node)  # the second is for reading only
            return Written(ExpressionNode(FIRST, both, self.node.shape, declared=first_largest), self.sizes)
        nodes = tuple(_node(x) for x in operands)
        if function is beside:
            shapes = [node.shape for node in nodes]
            row = (len(self), sum(prod(shape[1:]) for shape in shapes))
            return Written(ExpressionNode("beside", nodes, row, source=put_beside(shapes)), self.sizes)
        if function is rounded_as:
            return Written(nodes[0], self.sizes)
        if function is choose:
            shape = np.broadcast_shapes(*(node.shape for node in nodes))
            return Written(ExpressionNode(CHOOSE, nodes, shape, declared=choose), self.sizes)
        if function in (erfc, periods_over):
            return Written(ExpressionNode(function.__name__, nodes, nodes[0].shape, declared=function), self.sizes)
        if function is iterated:  # a number depends on whole rows and columns: the plain operations say on which
            return iterated.__wrapped__(*(Written(n, self.sizes) for n in nodes))  # type: ignore[no-any-return]
        by_hand = BY_HAND.get(function, function.__wrapped__)
        body = _node(by_hand(*(Written(n, self.sizes) for n in nodes)))
        return Written(ExpressionNode(function.__name__, nodes, body.shape, declared=function, body=body), self.sizes)


def _is_number(node: ExpressionNode, number: int | None) -> bool:
    """Return whether a node is this whole number."""
    return node.operation == "constant" and type(node.value) is int and not node.name and node.value == number


def constant(value: Any, name: str = "") -> ExpressionNode:
    """Return the node of a constant."""
    return ExpressionNode("constant", (), np.shape(value), name, value)


def tensor(name: str, shape: tuple[int, ...]) -> ExpressionNode:
    """Return the node of a tensor."""
    return ExpressionNode("tensor", (), shape, name)


def _node(x: Any) -> ExpressionNode:
    """Return the node of an operand: a Written, a Size, or a number."""
    if isinstance(x, Written):
        return x.node
    return constant(int(x), x.name) if isinstance(x, Size) else constant(x)


def write(rule: Rule, shapes: dict[str, tuple[int, ...]], step: int, named: bool) -> ExpressionNode:
    """Return the rule's tree for inputs of these shapes.

    `named` is for reading: the rule's own coefficients keep their names, and sizes stay whole numbers. Otherwise both
    are the float64 numbers that the program computes with.
    """
    nodes = [constant(step, name) if name == "t" else tensor(name, shapes[name]) for name in rule.inputs]
    compute = _named(rule.compute) if named else rule.compute
    return _node(compute(*(Written(node, named) for node in nodes)))


def _named(compute: Any) -> Any:
    """Return a function whose own coefficients have names; so have functions among its options, but no activation f."""
    if not isinstance(compute, partial):
        return compute
    keywords: dict[str, Any] = {
        k: Written(constant(v, k)) if type(v) is float else v if k == "f" else _named(v)
        for k, v in compute.keywords.items()
    }
    if "parts" in keywords:
        keywords["parts"] = tuple((_named(function), count) for function, count in keywords["parts"])
    return partial(compute.func, *compute.args, **keywords)
