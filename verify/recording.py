"""Record what an equation does to balls, operation by operation, without any numbers.

A `Symbol` stands where an array would: `reference`'s equations and `verify.ball`'s arithmetic run on it unchanged,
and every NumPy operation they ask for is written down. So a recorded equation is no second statement of it.

Where the arithmetic asks whether anything in an array is other than zero, the recording assumes that it is, and
keeps the question: whoever replays the recording must find it true, or take the ordinary way. Of an input that is
said to be all zeros, as m and v are before the first step, the answer is no.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from verify.ball import Ball
from verify.precision import Precision


class NotRecorded(Exception):
    """Something that cannot be written down before the numbers are there."""


class Kind(NamedTuple):
    """What is known of an input before it is there: its shape; that its radius is 0; that all its values are."""

    shape: tuple[int, ...]
    exact: bool
    zero: bool = False


@dataclass(frozen=True)
class Constant:
    value: float


Operand = int | Constant  # the number of an earlier result, or a constant


@dataclass(frozen=True)
class Operation:
    """Result number `result`, of this shape, is `function` of the operands. `fixed` are its other arguments."""

    result: int
    shape: tuple[int, ...]
    function: str
    operands: tuple[Operand, ...]
    fixed: tuple[tuple[str, Any], ...] = ()


@dataclass
class Recording:
    """Operations in order, and the results of which it was asked whether anything in them is not 0."""

    operations: list[Operation] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)
    shapes: dict[int, tuple[int, ...]] = field(default_factory=dict)
    made: dict[int, str] = field(default_factory=dict)
    zeros: set[int] = field(default_factory=set)

    def symbol(self, shape: tuple[int, ...], zero: bool = False) -> Symbol:
        number = len(self.shapes)
        self.shapes[number] = shape
        if zero:
            self.zeros.add(number)
        return Symbol(self, number, shape)

    def add(self, function: str, operands: tuple[Any, ...], result: tuple[int, ...], **fixed: Any) -> Symbol:
        found = self.symbol(result)
        numbers = tuple(o.number if isinstance(o, Symbol) else _constant(o) for o in operands)
        self.made[found.number] = function
        self.operations.append(Operation(found.number, result, function, numbers, tuple(fixed.items())))
        return found


def _constant(value: Any) -> Constant:
    if np.ndim(value):
        raise NotRecorded("a constant array")
    return Constant(float(value))


class Symbol(NDArrayOperatorsMixin):
    """An array of this shape that is not there yet."""

    def __init__(self, recording: Recording, number: int, shape: tuple[int, ...]) -> None:
        self.recording, self.number, self.shape = recording, number, shape

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def dtype(self) -> Any:
        """bool where it came of a comparison: `verify.ball` takes that for a mask."""
        made = self.recording.made.get(self.number, "")
        return np.dtype(bool if made in ("greater", "less", "less_equal") else float)

    @property
    def T(self) -> Symbol:
        return self.recording.add("transpose", (self,), self.shape[::-1])

    def view(self, dtype: Any) -> Symbol:
        return self.recording.add(f"as_{np.dtype(dtype).name}", (self,), self.shape)

    def __getitem__(self, index: Any) -> Symbol:
        """A row as a column, a column as a row: [:, None] and [None, :] of one dimension, nothing else."""
        if index not in ((slice(None), None), (None, slice(None))) or self.ndim != 1:
            raise NotRecorded("an index")
        shape = (-1, 1) if index[1] is None else (1, -1)
        return self.recording.add("reshape", (self,), tuple(abs(n) * self.shape[0] if n < 0 else n for n in shape),
                                  shape=shape)  # fmt: skip

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise NotRecorded("the numbers")

    def __bool__(self) -> bool:
        raise NotRecorded("a decision")

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__" or options or ufunc.__name__ not in FUNCTIONS:
            raise NotRecorded(f"{ufunc.__name__}.{method}")
        shapes = [np.shape(x) if not isinstance(x, Symbol) else x.shape for x in inputs]
        if ufunc is np.matmul:
            return self.recording.add("matmul", inputs, (shapes[0][0], shapes[1][1]))
        if ufunc is np.add and any(isinstance(x, float) and x == 0 for x in inputs):
            return next(x for x in inputs if isinstance(x, Symbol))
        return self.recording.add(ufunc.__name__, inputs, np.broadcast_shapes(*shapes))

    def __array_function__(self, function: Any, _: Any, inputs: Any, options: Any) -> Any:
        if function is np.any and not options:
            if self.number in self.recording.zeros:
                return False
            self.recording.asked.append(self.number)
            return True
        if function is np.where and not options:
            shapes = [np.shape(x) if not isinstance(x, Symbol) else x.shape for x in inputs]
            return self.recording.add("where", inputs, np.broadcast_shapes(*shapes))
        if function.__name__ in REDUCTIONS and set(options) <= {"axis", "keepdims"}:
            return self.recording.add(function.__name__, inputs, _reduced(self.shape, **options), **options)
        raise NotRecorded(function.__name__)


def _reduced(shape: tuple[int, ...], axis: int | None = None, keepdims: bool = False) -> tuple[int, ...]:
    hit = set(range(len(shape))) if axis is None else {axis}
    return tuple(1 if i in hit else n for i, n in enumerate(shape) if keepdims or i not in hit)


REDUCTIONS = ("sum", "max", "count_nonzero")
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "add": np.add, "subtract": np.subtract, "multiply": np.multiply, "divide": np.divide, "power": np.power,
    "absolute": np.absolute, "negative": np.negative, "sqrt": np.sqrt, "maximum": np.maximum,
    "minimum": np.minimum, "greater": np.greater, "less": np.less, "less_equal": np.less_equal, "where": np.where,
    "bitwise_and": lambda x, mask: np.bitwise_and(x, np.int64(mask)),
    "as_int64": lambda x: np.asarray(x).view(np.int64), "as_float64": lambda x: np.asarray(x).view(np.float64),
    "matmul": np.matmul, "transpose": np.transpose, "reshape": np.reshape, "count_nonzero": np.count_nonzero,
    "sum": np.sum, "max": np.max, "exp": np.exp, "expm1": np.expm1, "tanh": np.tanh, "cosh": np.cosh, "log": np.log,
    "log1p": np.log1p,
}  # fmt: skip


@dataclass(frozen=True)
class Recorded:
    """An equation over balls: the numbers of its inputs' values and radii, and of its result's."""

    recording: Recording
    inputs: tuple[tuple[int, int], ...]
    value: int
    radius: Operand


def record(compute: Callable[..., Any], inputs: tuple[Kind, ...], precision: Precision) -> Recorded | None:
    """The equation's operations for inputs of these kinds; None if it has others."""
    recording = Recording()
    balls, numbers = [], []
    for shape, exact, zero in inputs:
        value, radius = recording.symbol(shape, zero), recording.symbol(shape)
        balls.append(Ball(value, 0.0 if exact else radius, precision))
        numbers.append((value.number, radius.number))
    try:
        with np.errstate(all="ignore"):
            result = compute(*balls)
    except (NotRecorded, NotImplementedError, AttributeError):
        return None
    if not isinstance(result, Ball) or not isinstance(result.value, Symbol):
        return None
    radius = result.radius.number if isinstance(result.radius, Symbol) else _constant(result.radius)
    return Recorded(recording, tuple(numbers), result.value.number, radius)
