"""Write down what an equation does, as a tree of operations: `reference`'s functions run on it unchanged.

A `Written` stands where an array would. What comes out can be evaluated (exactly, or in balls) and printed, whole
or for one element. So an explanation is no second statement of any equation.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from reference.operations import choose, rounded_as
from reference.rules import Rule

CHOOSE = "choose"
COMPARISONS = {"greater": ">", "greater_equal": "≥", "less": "<", "less_equal": "≤", "equal": "="}
ELEMENTWISE = frozenset(
    {"add", "subtract", "multiply", "divide", "power", "negative", "reciprocal", "exp", "log", "sqrt", "tanh",
     "floor", "maximum", "minimum", *COMPARISONS}
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Node:
    """One operation on other nodes; a "tensor" by its name; a "constant" by its value, under a name if it has one.

    Of an operation that `reference` declares, `declared` is the function and `body` the same in plain operations; but
    a choice is one operation, and a rounded constant the constant.
    """

    operation: str
    operands: tuple[Node, ...]
    shape: tuple[int, ...]
    name: str = ""
    value: Any = None
    axis: int | None = None
    keepdims: bool = False
    declared: Any = None
    body: Node | None = None

    @property
    def is_mask(self) -> bool:
        return self.operation in COMPARISONS


class Size(int):
    """The length of an axis; divided by, it remains a whole number, so that 1/N is not rounded."""

    def __new__(cls, value: int, name: str) -> Size:
        made = super().__new__(cls, value)
        made.name = name
        return made

    name: str

    def __rtruediv__(self, other: Any) -> Any:
        return Written(constant(other)) / Written(constant(int(self), self.name))


class Written(NDArrayOperatorsMixin):
    """An array of which only the shape is known, and how it comes to be."""

    def __init__(self, node: Node, sizes: bool = True) -> None:
        self.node, self.sizes = node, sizes

    @property
    def shape(self) -> tuple[int, ...]:
        names = ("N", "n") if len(self.node.shape) != 1 else ("N",)
        if not self.sizes:
            return self.node.shape
        return tuple(Size(n, name) for n, name in zip(self.node.shape, names, strict=False))

    @property
    def ndim(self) -> int:
        return len(self.node.shape)

    @property
    def T(self) -> Written:
        return self._made("transpose", (self.node,), self.node.shape[::-1])

    def sum(self, axis: int | None = None, keepdims: bool = False, **_: Any) -> Written:
        """Also what np.sum calls."""
        return self._made("sum", (self.node,), _reduced(self.node.shape, axis, keepdims), axis, keepdims)

    def max(self, axis: int | None = None, keepdims: bool = False, **_: Any) -> Written:
        """Also what np.max calls."""
        return self._made("max", (self.node,), _reduced(self.node.shape, axis, keepdims), axis, keepdims)

    def __bool__(self) -> bool:
        if self.node.operation == "constant" and not self.node.shape:
            return bool(self.node.value)
        raise NotImplementedError("a decision that depends on the numbers")

    def _made(
        self, operation: str, operands: tuple[Node, ...], shape: tuple[int, ...], axis: int | None = None,
        keepdims: bool = False,
    ) -> Written:  # fmt: skip
        return Written(Node(operation, operands, shape, axis=axis, keepdims=keepdims), self.sizes)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__" or options or ufunc.__name__ not in (*ELEMENTWISE, "matmul"):
            raise NotImplementedError(f"an explanation does not know {ufunc.__name__}.{method}")
        nodes = tuple(_node(x) for x in inputs)
        if ufunc is np.matmul:
            return self._made("matmul", nodes, (nodes[0].shape[0], nodes[1].shape[1]))
        same = _nothing_done(ufunc.__name__, nodes)
        if same is not None:
            return Written(same, self.sizes)
        return self._made(ufunc.__name__, nodes, np.broadcast_shapes(*(n.shape for n in nodes)))

    def __operation__(self, function: Any, operands: tuple[Any, ...]) -> Written:
        """Return an operation that `reference` declares."""
        nodes = tuple(_node(x) for x in operands)
        if function is rounded_as:
            return Written(nodes[0], self.sizes)
        if function is choose:
            return self._made(CHOOSE, nodes, np.broadcast_shapes(*(n.shape for n in nodes)))
        body = _node(function.__wrapped__(*(Written(n, self.sizes) for n in nodes)))
        return Written(Node(function.__name__, nodes, body.shape, declared=function, body=body), self.sizes)


def _nothing_done(operation: str, nodes: tuple[Node, ...]) -> Node | None:
    """Return x for 0 + x, with which Python's sum begins."""
    values = [n.value if n.operation == "constant" and not n.shape else None for n in nodes]
    return nodes[1 - values.index(0)] if operation == "add" and 0 in values else None


def constant(value: Any, name: str = "") -> Node:
    return Node("constant", (), np.shape(value), name, value)


def tensor(name: str, shape: tuple[int, ...]) -> Node:
    return Node("tensor", (), shape, name)


def _node(x: Any) -> Node:
    if isinstance(x, Written):
        return x.node
    return constant(int(x), x.name) if isinstance(x, Size) else constant(x)


def _reduced(shape: tuple[int, ...], axis: int | None, keepdims: bool) -> tuple[int, ...]:
    hit = set(range(len(shape))) if axis is None else {axis}
    return tuple(1 if i in hit else n for i, n in enumerate(shape) if keepdims or i not in hit)


def write(rule: Rule, shapes: dict[str, tuple[int, ...]], step: int, named: bool) -> Node:
    """The rule's tree for inputs of these shapes.

    `named`: a rule's own coefficients keep their names and sizes stay whole numbers, as a person has them; otherwise
    both are the float64 numbers that the program computes with.
    """
    read = [Written(_input(name, shapes, step), named) for name in rule.inputs]
    compute = rule.compute
    if named and isinstance(compute, partial):
        words = {k: Written(constant(v, k)) if type(v) is float else v for k, v in compute.keywords.items()}
        compute = partial(compute.func, *compute.args, **words)
    return _node(compute(*read))


def _input(name: str, shapes: dict[str, tuple[int, ...]], step: int) -> Node:
    return constant(step, name) if name == "t" else tensor(name, shapes[name])
