"""Write down what an equation does, as a tree of operations.

The functions of `reference` run unchanged on objects of class `Written`, which stand in for arrays. Their result is a
tree that can be evaluated (exactly, or in balls) and printed, as a whole or for one element. So an explanation does not
state any equation a second time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from reference.operations import choose, erfc, rounded_as
from reference.rules import Rule

CHOOSE = "choose"
ELEMENTWISE = frozenset(
    {"add", "subtract", "multiply", "divide", "power", "negative", "reciprocal", "exp", "log", "sqrt", "tanh", "floor",
     "erfc",
     "maximum", "minimum", "greater", "greater_equal", "less", "less_equal", "equal"}
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class ExpressionNode:
    """One operation on other nodes; or a "tensor" with its name; or a "constant" with its value and perhaps a name.

    For an operation that `reference` declares, `declared` is its function and `body` the tree of its plain operations.
    The exceptions: `choose` and `erfc` are one operation without a body, and `rounded_as` is its operand.
    """

    operation: str
    operands: tuple[ExpressionNode, ...]
    shape: tuple[int, ...]
    name: str = ""
    value: Any = None
    axis: int | None = None
    keepdims: bool = False
    declared: Any = None
    body: ExpressionNode | None = None


class Size(int):
    """The length of an axis.  A division by it keeps it as a whole number, so that 1/N is not rounded."""

    name: str

    def __new__(cls, value: int, name: str) -> Size:
        """Return a whole number with the letter of the size: N or n."""
        size = super().__new__(cls, value)
        size.name = name
        return size

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
        return tuple(Size(n, name) for n, name in zip(self.node.shape, ("N", "n"), strict=False))

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.node.shape)

    @property
    def T(self) -> Written:
        """The transposed matrix."""
        return self._result("transpose", (self.node,), self.node.shape[::-1])

    def sum(self, axis: int | None = None, keepdims: bool = False, **_: Any) -> Written:
        """Return the sum along an axis.  np.sum calls this method."""
        return self._reduced("sum", axis, keepdims)

    def max(self, axis: int | None = None, keepdims: bool = False, **_: Any) -> Written:
        """Return the maximum along an axis.  np.max calls this method."""
        return self._reduced("max", axis, keepdims)

    def __bool__(self) -> bool:
        if self.node.operation == "constant" and not self.node.shape:
            return bool(self.node.value)
        raise NotImplementedError("a decision that depends on the numbers")

    def _result(self, operation: str, operands: tuple[ExpressionNode, ...], shape: tuple[int, ...]) -> Written:
        return Written(ExpressionNode(operation, operands, shape), self.sizes)

    def _reduced(self, operation: str, axis: int | None, keepdims: bool) -> Written:
        """Return a sum or maximum along an axis; None: along all."""
        axes = range(self.ndim) if axis is None else (axis,)
        shape = tuple(1 if i in axes else n for i, n in enumerate(self.node.shape) if keepdims or i not in axes)
        return Written(ExpressionNode(operation, (self.node,), shape, axis=axis, keepdims=keepdims), self.sizes)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__" or options or ufunc.__name__ not in (*ELEMENTWISE, "matmul"):
            raise NotImplementedError(f"an explanation does not know {ufunc.__name__}.{method}")
        nodes = tuple(_node(x) for x in inputs)
        if ufunc is np.matmul:
            return self._result("matmul", nodes, (nodes[0].shape[0], nodes[1].shape[1]))
        zeros = [_is_zero(node) for node in nodes]
        if ufunc is np.add and any(zeros):  # Python's sum begins with 0 + x
            return Written(nodes[1 - zeros.index(True)], self.sizes)
        return self._result(ufunc.__name__, nodes, np.broadcast_shapes(*(node.shape for node in nodes)))

    def __operation__(self, function: Any, operands: tuple[Any, ...]) -> Written:
        """Return the result of an operation that `reference` declares."""
        nodes = tuple(_node(x) for x in operands)
        if function is rounded_as:
            return Written(nodes[0], self.sizes)
        if function is choose:
            shape = np.broadcast_shapes(*(node.shape for node in nodes))
            return Written(ExpressionNode(CHOOSE, nodes, shape, declared=choose), self.sizes)
        if function is erfc:
            return Written(ExpressionNode("erfc", nodes, nodes[0].shape, declared=erfc), self.sizes)
        body = _node(function.__wrapped__(*(Written(n, self.sizes) for n in nodes)))
        return Written(ExpressionNode(function.__name__, nodes, body.shape, declared=function, body=body), self.sizes)


def _is_zero(node: ExpressionNode) -> bool:
    return node.operation == "constant" and not node.shape and bool(node.value == 0)


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
    compute = rule.compute
    if named and isinstance(compute, partial):
        keywords = {k: Written(constant(v, k)) if type(v) is float else v for k, v in compute.keywords.items()}
        compute = partial(compute.func, *compute.args, **keywords)
    return _node(compute(*(Written(node, named) for node in nodes)))
