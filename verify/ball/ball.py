"""Balls: a value, and a radius within which any evaluation in the judged precision must lie.

Midpoint-radius arithmetic. The value is computed in float64. The radius adds up, operation by operation,
the error that comes in with the operands and one rounding on each side (the judged format's and float64's),
whatever the order of summation: n·u·Σ|a||b| for a sum of n terms (Higham, Accuracy and Stability of
Numerical Algorithms, ch. 3; without the 1/(1 - n·u) by Jeannerod & Rump 2013). Terms that are exactly zero
round nothing and do not count. Constants are rounded to the judged format by that very rounding.
Every radius is enlarged by 2^-30 of itself, which covers the float64 arithmetic of the radii.

The class implements NumPy's `__array_ufunc__`, so the equations of `reference` run on it unchanged.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from verify.precision import Floats, Precision

SLACK = 1 + 2.0**-30
OPERATIONS: dict[Any, Callable[..., Any]] = {}  # what each of NumPy's does to balls; filled by `operation`


def operation(ufunc: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The function below it is what this operation of NumPy's does to balls."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        OPERATIONS[ufunc] = function
        return function

    return register


class Scaled(NamedTuple):
    """An array times constants: its own radius, their product, the errors they came with, how many products round."""

    radius: Any
    factor: Any = 1.0
    relative: Any = 0.0
    products: int = 0

    def times(self, constant: Ball, rounded: bool = True) -> Scaled:
        size = np.abs(constant.value)
        own = constant.radius / size if rounded else 0.0
        return Scaled(self.radius, self.factor * size, self.relative + own, self.products + rounded)


class Ball(NDArrayOperatorsMixin):
    """`value` ± `radius`, float64 arrays of one shape (a radius of 0 may be a scalar: exact).

    `open_sum` is known of a sum that may still take another term: the error its terms came with, how many
    they are, and the sum of their magnitudes. Adding to it is one more term of the same sum, in any order.
    `least` is a lower bound better than value - radius, where one is known: a square root is not negative.
    `scaled` is known of an array times constants, which may be multiplied in any order. `masked`: a selection, 0
    where something else may stand. `factors` is known of a product of arrays, which may be taken in any order too: the
    error they came with, and how many products round. `exponent` is known of e^w and of 1 + e^w: the ball w;
    `plus_one` says which.
    """

    def __init__(
        self,
        value: Any,
        radius: Any,
        precision: Precision,
        open_sum: tuple[Any, Any, Any] | None = None,
        least: Any = None,
        scaled: Scaled | None = None,
        masked: bool = False,
        exponent: Ball | None = None,
        plus_one: bool = False,
        factors: tuple[Any, int] | None = None,
    ) -> None:
        self.value: Floats = np.asarray(value, dtype=np.float64)
        self.radius: Any = radius
        self.precision = precision
        self.open_sum = open_sum
        self.least = least
        self.scaled = scaled
        self.masked = masked
        self.exponent = exponent
        self.plus_one = plus_one
        self.factors = factors

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
        value = np.asarray(number, dtype=np.float64)
        return cls(value, np.abs(precision.round(value) - value), precision)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def T(self) -> Ball:
        return self.same(self.value.T, self.radius.T if np.ndim(self.radius) else self.radius)

    @property
    def is_exact(self) -> bool:
        """True where the radius is 0 everywhere."""
        return not (np.any(self.radius) if isinstance(self.radius, np.ndarray) else self.radius)

    @property
    def reach(self) -> Floats:
        """The largest magnitude in the ball."""
        found: Floats = np.abs(self.value)
        return found if self.is_exact else found + self.radius

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
        radius = np.max(self.spread(), axis=axis, keepdims=keepdims) if not self.is_exact else 0.0
        return self.same(np.max(self.value, axis=axis, keepdims=keepdims), radius)

    def same(self, value: Any, radius: Any) -> Ball:
        return Ball(value, radius, self.precision)

    @property
    def floor(self) -> Any:
        """What the absolute value cannot be less than, if positive."""
        floor = np.abs(self.value) - self.radius
        return floor if self.least is None else np.maximum(floor, self.least)

    def as_sum(self) -> tuple[Any, Any, Any]:
        """Incoming error, number of terms, sum of magnitudes; of anything else, a sum of one term."""
        return self.open_sum or (self.radius, np.where(self.reach > 0, 1, 0), self.reach)

    def rounded(self, value: Any, radius: Any, ulp: float = 0.5) -> Ball:
        """One operation's result: what came in, and its own rounding."""
        rounding = self.precision.half_ulp(np.abs(value) + radius) * (2 * ulp)
        return self.same(value, (radius + rounding) * SLACK)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__" or options or ufunc not in OPERATIONS:
            raise NotImplementedError(f"balls do not know {ufunc.__name__}.{method} {options or ''}")
        with np.errstate(all="ignore"):
            return OPERATIONS[ufunc](*(_as_operand(x, self.precision) for x in inputs))


def _as_operand(x: Any, precision: Precision) -> Any:
    return x if isinstance(x, Ball) or is_mask(x) else Ball.constant(x, precision)


def is_mask(x: Any) -> bool:
    return not isinstance(x, Ball) and getattr(x, "dtype", None) == np.bool_ and x.ndim > 0
