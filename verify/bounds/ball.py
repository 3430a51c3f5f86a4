"""Balls: a value, and a radius within which any evaluation in the judged precision must lie.

This is midpoint-radius arithmetic. The value is computed in float64. The radius grows with every operation: by the
error that the operands bring, and by one rounding on each side (in the judged format and in float64).
A sum may be taken in any order. The bound for a sum of n products is n·u·Σ|a||b|. A sum of n terms has n-1 roundings,
so its bound is (n-1)·u·Σ|a| (Higham, Accuracy and Stability of Numerical Algorithms, ch. 3; Jeannerod & Rump 2013 show
that the factor 1/(1 - n·u) is not needed). Terms that are exactly 0 cause no rounding and are not counted. The radius
of a constant is its error when it is rounded to the judged format. Every radius is enlarged by the factor 1 + 2^-30,
which covers the float64 arithmetic of the radii.

The class implements NumPy's `__array_ufunc__`, so the equations of `reference` run on balls unchanged. Where an
equation leaves the evaluation open, such as the order of a product, it says so with `reference.operations`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from typing import Any, TypeVar

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from verify.records.precision import Floats, Precision

SLACK = 1 + 2.0**-30
Function = TypeVar("Function", bound=Callable[..., Any])
OPERATIONS: dict[Any, Callable[..., Any]] = {}  # what each operation does to balls; filled by `on_balls`


def on_balls(ufunc: Any) -> Callable[[Function], Function]:
    """Return a decorator that registers a function as what `ufunc` does to balls.

    `ufunc` is one of NumPy's, an operation of `reference`, or "sum".
    """

    def register(function: Function) -> Function:
        OPERATIONS[ufunc] = function
        return function

    return register


class Ball(NDArrayOperatorsMixin):
    """The numbers `value` ± `radius`: two float64 arrays of one shape.

    The radius of an exact ball may be the scalar 0. The attributes of a ball cannot be reassigned.
    """

    value: Floats
    radius: Any
    precision: Precision

    def __init__(self, value: Any, radius: Any, precision: Precision) -> None:
        vars(self).update(value=np.asarray(value, dtype=np.float64), radius=radius, precision=precision)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"a ball does not change: {name}")

    @classmethod
    def exact(cls, array: Any, precision: Precision) -> Ball:
        """Return the ball of an array that TensorFlow computed.

        The radius is 0, except for subnormal numbers, which hardware may read as 0: there it is their magnitude.
        """
        value = np.asarray(array, dtype=np.float64)
        size = np.abs(value)
        subnormal = size < precision.tiny
        if subnormal.any():
            subnormal &= size > 0
        return cls(value, np.where(subnormal, size, 0.0) if subnormal.any() else 0.0, precision)

    @classmethod
    def constant(cls, number: Any, precision: Precision) -> Ball:
        """Return the ball of a constant of an equation, which is rounded once to the judged format."""
        if type(number) in (int, float):
            return _constant(number, precision)
        value = np.asarray(number, dtype=np.float64)
        return cls(value, np.abs(precision.round(value) - value), precision)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the value."""
        return self.value.shape

    @property
    def ndim(self) -> int:
        """Number of dimensions of the value."""
        return self.value.ndim

    @property
    def T(self) -> Ball:
        """Transpose."""
        return self.same(self.value.T, self.spread().T if self.has_radii else self.radius)

    @property
    def has_radii(self) -> bool:
        """True if the radius is an array, False if it is a single number."""
        return np.ndim(self.radius) > 0

    @cached_property
    def is_exact(self) -> bool:
        """True if the radius is 0 everywhere."""
        return not (self.radius.any() if isinstance(self.radius, np.ndarray) else self.radius)

    @property
    def reach(self) -> Floats:
        """Largest magnitude in the ball, elementwise."""
        magnitude: Floats = np.abs(self.value)
        return magnitude if self.is_exact else magnitude + self.radius

    @property
    def may_count(self) -> Any:
        """Mask of the elements that count as terms of a sum: False where the ball is exactly 0."""
        return self.value != 0 if self.is_exact else (self.value != 0) | (self.radius != 0)

    def spread(self) -> Floats:
        """Return the radius as an array of the value's shape."""
        if self.value.shape and getattr(self.radius, "shape", ()) == self.value.shape:
            radius: Floats = self.radius
            return radius
        return np.broadcast_to(np.asarray(self.radius, dtype=np.float64), self.value.shape)

    def __getitem__(self, index: Any) -> Ball:
        return self.same(self.value[index], self.spread()[index])

    def __len__(self) -> int:
        return len(self.value)

    def reshape(self, *shape: Any) -> Ball:
        """Return the same numbers in another shape. `np.reshape` calls this method."""
        return self.same(self.value.reshape(*shape), self.spread().reshape(*shape) if self.has_radii else self.radius)

    def transpose(self, *axes: Any) -> Ball:
        """Return the same numbers with the axes in another order. `np.transpose` calls this method."""
        return self.same(self.value.transpose(*axes), self.spread().transpose(*axes) if self.has_radii else self.radius)

    def sum(self, axis: Any = None, keepdims: bool = False, **_: Any) -> Ball:
        """Return the sum of the elements, added up in any order. `np.sum` calls this method."""
        total: Ball = OPERATIONS["sum"](self, axis, keepdims)
        return total

    def max(self, axis: Any = None, keepdims: bool = False, **_: Any) -> Ball:
        """Return the largest element, without rounding. `np.max` calls this method."""
        radius = self.spread().max(axis=axis, keepdims=keepdims) if not self.is_exact else 0.0
        return self.same(self.value.max(axis=axis, keepdims=keepdims), radius)

    def same(self, value: Any, radius: Any) -> Ball:
        """Return a new ball of this ball's precision."""
        return Ball(value, radius, self.precision)

    def rounded(self, value: Any, radius: Any, ulp: Any = 0.5) -> Ball:
        """Return the result of one operation: `radius` from the operands, plus a rounding of at most `ulp`."""
        rounding = self.precision.half_ulp(np.abs(value) + radius)
        rounding = rounding if np.isscalar(ulp) and ulp == 0.5 else rounding * (2 * ulp)
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
        """Carry out an operation of `reference.operations`.  Raises NotImplementedError for one not registered."""
        if function not in OPERATIONS:
            raise NotImplementedError(f"balls do not know {function.__name__}")
        with np.errstate(all="ignore"):
            return OPERATIONS[function](*(_as_operand(x, self.precision) for x in operands))


@lru_cache(maxsize=256)
def _constant(number: float, precision: Precision) -> Ball:
    return Ball.constant(np.float64(number), precision)


@lru_cache(maxsize=256)
def _of_numbers(ufunc: np.ufunc, *operands: tuple[float, float, Precision]) -> Any:
    """Return the result of an operation on single numbers. It is cached: several rules need 1 - β^t, for example."""
    with np.errstate(all="ignore"):
        return OPERATIONS[ufunc](*(Ball(value, radius, precision) for value, radius, precision in operands))


def hull(balls: Sequence[Ball]) -> Ball:
    """Return a ball that holds all numbers of several balls of one shape."""
    low = np.min([ball.value - ball.spread() for ball in balls], axis=0)
    high = np.max([ball.value + ball.spread() for ball in balls], axis=0)
    if len(balls) == 1 or np.array_equal(low, high):
        return balls[0]
    with np.errstate(invalid="ignore"):
        value = (low + high) / 2
    value = np.where(np.isfinite(value), value, balls[0].value)  # the middle of infinite bounds is no number
    return balls[0].same(value, np.maximum(high - value, value - low) * SLACK)


def _as_operand(x: Any, precision: Precision) -> Any:
    """Return balls, masks and places as they are, and any other number or array as the ball of a constant."""
    return x if isinstance(x, Ball) or is_mask(x) or _is_places(x) else Ball.constant(x, precision)


def _is_places(x: Any) -> bool:
    """Return True if x is an array of whole numbers, as `reference.operations.take` reads."""
    return isinstance(x, np.ndarray) and x.dtype.kind == "i" and x.ndim > 0


def is_mask(x: Any) -> bool:
    """Return True if x is an array of booleans (not a single boolean)."""
    return not isinstance(x, Ball) and getattr(x, "dtype", None) == np.bool_ and x.ndim > 0
