"""Balls: a value, and a radius within which any evaluation in the judged precision must lie.

Midpoint-radius arithmetic. The value is computed in float64. The radius adds up, operation by operation,
the error that comes in with the operands and one rounding on each side (the judged format's and float64's),
whatever the order of summation: n·u·Σ|a||b| for a sum of n terms (Higham, Accuracy and Stability of
Numerical Algorithms, ch. 3; without the 1/(1 - n·u) by Jeannerod & Rump 2013). Terms that are exactly zero
round nothing and do not count. Constants are rounded to the judged format by that very rounding.
Every radius is enlarged by 2^-30 of itself, which covers the float64 arithmetic of the radii.

The class implements NumPy's `__array_ufunc__`, so the equations of `reference` run on it unchanged. What an equation
leaves open, such as the order of a product, it declares with `reference.operations`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import Any, TypeVar

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from verify.records.precision import Floats, Precision

SLACK = 1 + 2.0**-30
Function = TypeVar("Function", bound=Callable[..., Any])
OPERATIONS: dict[Any, Callable[..., Any]] = {}  # what each operation does to balls; filled by `on_balls`


def on_balls(ufunc: Any) -> Callable[[Function], Function]:
    """The function below it is what this operation of NumPy's, or of `reference`, does to balls."""

    def register(function: Function) -> Function:
        OPERATIONS[ufunc] = function
        return function

    return register


class Ball(NDArrayOperatorsMixin):
    """`value` ± `radius`, float64 arrays of one shape (a radius of 0 may be a scalar: exact). It does not change."""

    value: Floats
    radius: Any
    precision: Precision

    def __init__(self, value: Any, radius: Any, precision: Precision) -> None:
        vars(self).update(value=np.asarray(value, dtype=np.float64), radius=radius, precision=precision)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"a ball does not change: {name}")

    @classmethod
    def exact(cls, array: Any, precision: Precision) -> Ball:
        """What TensorFlow itself held. Only subnormal numbers may be read as 0."""
        value = np.asarray(array, dtype=np.float64)
        size = np.abs(value)
        subnormal = size < precision.tiny
        if subnormal.any():
            subnormal &= size > 0
        return cls(value, np.where(subnormal, size, 0.0) if subnormal.any() else 0.0, precision)

    @classmethod
    def constant(cls, number: Any, precision: Precision) -> Ball:
        """A constant of the equation, known to be rounded once to the judged format."""
        if type(number) in (int, float):
            return _constant(number, precision)
        value = np.asarray(number, dtype=np.float64)
        return cls(value, np.abs(precision.round(value) - value), precision)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def ndim(self) -> int:
        return self.value.ndim

    @property
    def T(self) -> Ball:
        return self.same(self.value.T, self.radius.T if np.ndim(self.radius) else self.radius)

    @cached_property
    def is_exact(self) -> bool:
        """True where the radius is 0 everywhere."""
        return not (self.radius.any() if isinstance(self.radius, np.ndarray) else self.radius)

    @property
    def reach(self) -> Floats:
        """The largest magnitude in the ball."""
        found: Floats = np.abs(self.value)
        return found if self.is_exact else found + self.radius

    @property
    def may_count(self) -> Any:
        """False where it is exactly 0."""
        return self.value != 0 if self.is_exact else self.reach > 0

    def spread(self) -> Floats:
        """The radius, as an array of the value's shape."""
        if self.value.shape and getattr(self.radius, "shape", ()) == self.value.shape:
            found: Floats = self.radius
            return found
        return np.broadcast_to(np.asarray(self.radius, dtype=np.float64), self.value.shape)

    def __getitem__(self, index: Any) -> Ball:
        return self.same(self.value[index], self.spread()[index])

    def sum(self, axis: Any = None, keepdims: bool = False, **_: Any) -> Ball:
        """Also what np.sum calls."""
        found: Ball = OPERATIONS["sum"](self, axis, keepdims)
        return found

    def max(self, axis: Any = None, keepdims: bool = False, **_: Any) -> Ball:
        """Also what np.max calls. No rounding: it selects."""
        radius = self.spread().max(axis=axis, keepdims=keepdims) if not self.is_exact else 0.0
        return self.same(self.value.max(axis=axis, keepdims=keepdims), radius)

    def same(self, value: Any, radius: Any) -> Ball:
        return Ball(value, radius, self.precision)

    def rounded(self, value: Any, radius: Any, ulp: float = 0.5) -> Ball:
        """One operation's result: what came in, and its own rounding."""
        rounding = self.precision.half_ulp(np.abs(value) + radius)
        rounding = rounding if ulp == 0.5 else rounding * (2 * ulp)
        return self.same(value, (radius + rounding) * SLACK)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__" or options or ufunc not in OPERATIONS:
            raise NotImplementedError(f"balls do not know {ufunc.__name__}.{method} {options or ''}")
        operands = [_as_operand(x, self.precision) for x in inputs]
        if not any(x.ndim for x in operands):
            return _of_numbers(ufunc, *((float(x.value), float(x.radius), x.precision) for x in operands))
        with np.errstate(all="ignore"):
            return OPERATIONS[ufunc](*operands)

    def __operation__(self, function: Any, operands: tuple[Any, ...]) -> Any:
        """Carry out an operation that an equation declares (`reference.operations`)."""
        if function not in OPERATIONS:
            raise NotImplementedError(f"balls do not know {function.__name__}")
        with np.errstate(all="ignore"):
            return OPERATIONS[function](*(_as_operand(x, self.precision) for x in operands))


@lru_cache(maxsize=256)
def _constant(number: float, precision: Precision) -> Ball:
    return Ball.constant(np.float64(number), precision)


@lru_cache(maxsize=256)
def _of_numbers(ufunc: np.ufunc, *operands: tuple[float, float, Precision]) -> Any:
    """An operation on single numbers; several rules need the same ones, such as 1 - β^t."""
    with np.errstate(all="ignore"):
        return OPERATIONS[ufunc](*(Ball(value, radius, precision) for value, radius, precision in operands))


def _as_operand(x: Any, precision: Precision) -> Any:
    return x if isinstance(x, Ball) or is_mask(x) else Ball.constant(x, precision)


def is_mask(x: Any) -> bool:
    return not isinstance(x, Ball) and getattr(x, "dtype", None) == np.bool_ and x.ndim > 0
