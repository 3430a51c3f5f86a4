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

from typing import Any, NamedTuple

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from verify.precision import EXP_ULP, LOG_ULP, POWER_ULP, RECIPROCAL_ULP, TANH_ULP, Floats, Precision

SLACK = 1 + 2.0**-30


class Ball(NDArrayOperatorsMixin):
    """`value` ± `radius`, float64 arrays of one shape (a radius of 0 may be a scalar: exact).

    `open_sum` is known of a sum that may still take another term: the error its terms came with, how many
    they are, and the sum of their magnitudes. Adding to it is one more term of the same sum, in any order.
    `least` is a lower bound better than value - radius, where one is known: a square root is not negative.
    `scaled` is known of an array times constants, which may be multiplied in any order. `masked`: a selection, 0
    where something else may stand.
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
    ) -> None:
        self.value: Floats = value if hasattr(value, "recording") else np.asarray(value, dtype=np.float64)
        self.radius: Any = radius
        self.precision = precision
        self.open_sum = open_sum
        self.least = least
        self.scaled = scaled
        self.masked = masked

    @classmethod
    def exact(cls, array: Any, precision: Precision) -> Ball:
        """What TensorFlow itself held. Only subnormal numbers may be read as 0."""
        value = np.asarray(array, dtype=np.float64)
        size = np.abs(value)
        subnormal = (size < precision.tiny) & (size > 0)
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
        return self._same(self.value.T, self.radius.T if np.ndim(self.radius) else self.radius)

    @property
    def is_exact(self) -> bool:
        return not np.any(self.radius)

    @property
    def reach(self) -> Floats:
        """The largest magnitude in the ball."""
        found: Floats = np.abs(self.value) + self.radius
        return found

    def spread(self) -> Floats:
        """The radius, as an array of the value's shape."""
        if self.value.shape and getattr(self.radius, "shape", ()) == self.value.shape:
            found: Floats = self.radius
            return found
        return np.broadcast_to(np.asarray(self.radius, dtype=np.float64), self.value.shape)

    def __getitem__(self, index: Any) -> Ball:
        return self._same(self.value[index], self.spread()[index])

    def sum(self, axis: Any = None, keepdims: bool = False, **_: Any) -> Ball:
        """Also what np.sum calls."""
        return _sum(self, axis, keepdims)

    def max(self, axis: Any = None, keepdims: bool = False, **_: Any) -> Ball:
        """Also what np.max calls. No rounding: it selects."""
        radius = np.max(self.spread(), axis=axis, keepdims=keepdims) if np.any(self.radius) else 0.0
        return self._same(np.max(self.value, axis=axis, keepdims=keepdims), radius)

    def _same(self, value: Any, radius: Any) -> Ball:
        return Ball(value, radius, self.precision)

    @property
    def floor(self) -> Any:
        """What the absolute value cannot be less than, if positive."""
        floor = np.abs(self.value) - self.radius
        return floor if self.least is None else np.maximum(floor, self.least)

    def _as_sum(self) -> tuple[Any, Any, Any]:
        """Incoming error, number of terms, sum of magnitudes; of anything else, a sum of one term."""
        return self.open_sum or (self.radius, np.where(self.reach > 0, 1, 0), self.reach)

    def _rounded(self, value: Any, radius: Any, ulp: float = 0.5) -> Ball:
        """One operation's result: what came in, and its own rounding."""
        rounding = self.precision.half_ulp(np.abs(value) + radius) * (2 * ulp)
        return self._same(value, (radius + rounding) * SLACK)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__" or options or ufunc not in OPERATIONS:
            raise NotImplementedError(f"balls do not know {ufunc.__name__}.{method} {options or ''}")
        with np.errstate(all="ignore"):
            return OPERATIONS[ufunc](*(_as_operand(x, self.precision) for x in inputs))


def _as_operand(x: Any, precision: Precision) -> Any:
    return x if isinstance(x, Ball) or _is_mask(x) else Ball.constant(x, precision)


def _is_mask(x: Any) -> bool:
    return not isinstance(x, Ball) and getattr(x, "dtype", None) == np.bool_ and x.ndim > 0


def _add(a: Ball, b: Ball) -> Ball:
    value = a.value + b.value
    if a.open_sum or b.open_sum:
        incoming, terms, magnitude = (x + y for x, y in zip(a._as_sum(), b._as_sum(), strict=True))
        return _of_sum(a.precision, value, incoming, terms, magnitude)
    radius = a.radius + b.radius
    found = a._rounded(value, radius) if _moves(a) and _moves(b) else a._same(value, radius)
    if a.masked and b.masked:  # where one selection is an exact 0, adding it rounds nothing
        found.radius = np.where((a.reach > 0) & (b.reach > 0), found.radius, radius)
    if a.least is not None and np.all(b.value > b.radius):
        found.least = (a.least + b.floor) / (1 + 4 * a.precision.joint_unit)
    return found


def _moves(a: Ball) -> bool:
    """Whether adding it can round at all: adding an exact 0 cannot."""
    return bool(np.any(a.value) or np.any(a.radius))


def _of_sum(precision: Precision, value: Any, incoming: Any, terms: Any, magnitude: Any) -> Ball:
    """A sum of `terms` rounded products: that many roundings at most meet each of them, in any order."""
    radius = (incoming + terms * (precision.joint_unit * magnitude + precision.tiny)) * SLACK
    return Ball(value, radius, precision, (incoming, terms, magnitude))


def _subtract(a: Ball, b: Ball) -> Ball:
    value, radius = a.value - b.value, a.radius + b.radius
    return a._rounded(value, radius) if _moves(a) and _moves(b) else a._same(value, radius)


def _multiply(a: Any, b: Any) -> Ball:
    if _is_mask(a) or _is_mask(b):  # it selects, and rounds nothing
        ball, mask = (b, a) if _is_mask(a) else (a, b)
        radius = ball.radius * mask if np.any(ball.radius) else 0.0
        return Ball(ball.value * mask, radius, ball.precision, masked=True)
    return _product(a, b)


def _product(a: Ball, b: Ball) -> Ball:
    value = a.value * b.value
    radius = np.abs(a.value) * b.radius + a.radius * b.reach
    if _is_power_of_two(a) or _is_power_of_two(b):
        found = a._same(value, radius + a.precision.tiny)
        array, constant = (b, a) if _is_power_of_two(a) else (a, b)
        if array.scaled is not None:
            found.scaled = array.scaled.times(constant, rounded=False)
        return found
    if a.value.ndim and b.value.ndim == 0:
        return _scaled(a, b, value, radius)
    return a._rounded(value, radius)


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


def _scaled(a: Ball, constant: Ball, value: Any, radius: Any) -> Ball:
    """An array times one more constant: of several, the products may be taken in any order.

    Half an ulp of a product depends on how it lies between two powers of two, and so on the order. Relative to the
    value no rounding is more than u, in any order: of k constants there are k products.
    """
    found = a._rounded(value, radius)
    found.scaled = (a.scaled or Scaled(a.radius)).times(constant)
    if a.scaled is not None:
        incoming, factor, relative, products = found.scaled
        total = (relative + products * a.precision.joint_unit) * (1 + 2.0**-20)  # second-order terms
        size = np.abs(value)
        radius = incoming * factor * (1 + total) + size * total + products * a.precision.tiny
        found.radius = np.maximum(found.radius, radius * SLACK)
    return found


def _is_power_of_two(a: Ball) -> bool:
    return a.value.ndim == 0 and a.is_exact and abs(float(np.frexp(a.value)[0])) == 0.5


def _divide(a: Ball, b: Ball) -> Ball:
    floor = b.floor
    value = a.value / b.value
    radius = np.where(floor > 0, (np.abs(value) * b.radius + a.radius) / floor, np.inf)
    return a._rounded(value, radius)


def _reciprocal(a: Ball) -> Ball:
    floor = a.floor
    value = 1 / a.value
    radius = np.where(floor > 0, np.abs(value) * a.radius / floor, np.inf)
    return a._rounded(value, radius, RECIPROCAL_ULP)


def _power(a: Ball, b: Any) -> Ball:
    """Positive base: β^t. It rises or falls with either operand, so the ends say how far it goes."""
    value = a.value**b.value
    if b.is_exact:
        radius = np.maximum((a.value + a.radius) ** b.value - value, value - (a.value - a.radius) ** b.value)
    else:
        ends = [(a.value + i * a.radius) ** (b.value + j * b.radius) for i in (-1, 1) for j in (-1, 1)]
        radius = np.max([end - value for end in ends] + [value - end for end in ends], axis=0)
    return a._rounded(value, np.abs(radius), POWER_ULP)


def _exp(a: Ball) -> Ball:
    value = np.exp(a.value)
    radius = np.maximum(np.exp(a.value + a.radius) - value, value - np.exp(a.value - a.radius))
    return a._rounded(value, radius, EXP_ULP)


def _log(a: Ball) -> Ball:
    value = np.log(a.value)
    radius = np.where(a.radius < a.value, -np.log1p(-np.minimum(a.radius / a.value, 1)), np.inf)
    return a._rounded(value, radius, LOG_ULP)


def _tanh(a: Ball) -> Ball:
    value = np.tanh(a.value)
    radius = np.maximum(np.tanh(a.value + a.radius) - value, value - np.tanh(a.value - a.radius))
    return a._rounded(value, radius, TANH_ULP)


def _floor(a: Ball) -> Ball:
    value = np.floor(a.value)
    return a._same(value, np.maximum(np.floor(a.value + a.radius) - value, value - np.floor(a.value - a.radius)))


def _sqrt(a: Ball) -> Ball:
    value = np.sqrt(a.value)
    radius = value - np.sqrt(np.maximum(a.value - a.radius, 0))
    radius = np.maximum(radius, np.sqrt(a.value + a.radius) - value)
    found = a._rounded(value, radius)
    found.least = 0.0
    return found


def _negative(a: Ball) -> Ball:
    return a._same(-a.value, a.radius)


def _maximum(a: Ball, b: Ball) -> Ball:
    if a.is_exact and b.is_exact:
        return a._same(np.maximum(a.value, b.value), 0.0)
    radius = np.where(a.value >= b.value, a.radius, b.radius)
    other = np.maximum(a.value + a.radius, b.value + b.radius) - np.maximum(a.value, b.value)
    return a._same(np.maximum(a.value, b.value), np.maximum(radius, other) if np.any(radius) else radius)


def _minimum(a: Ball, b: Ball) -> Ball:
    return _negative(_maximum(_negative(a), _negative(b)))


def _greater(a: Ball, b: Ball) -> Any:
    return _compared(a, b, a.value > b.value)


def _greater_equal(a: Ball, b: Ball) -> Any:
    return _compared(a, b, a.value >= b.value)


def _less_equal(a: Ball, b: Ball) -> Any:
    return _compared(a, b, a.value <= b.value)


def _compared(a: Ball, b: Ball, mask: Any) -> Any:
    """A mask; where the balls overlap it may be either, and is a ball of radius 1 around what the values say."""
    if a.is_exact and b.is_exact:
        return mask
    undecided = np.abs(a.value - b.value) <= a.radius + b.radius
    undecided = undecided & ((a.radius + b.radius) > 0)
    return a._same(mask, undecided.astype(float)) if undecided.any() else mask


def _equal(a: Ball, b: Ball) -> Any:
    return np.asarray(a.value == b.value)


def _matmul(a: Ball, b: Ball) -> Ball:
    size_a, size_b = np.abs(a.value), np.abs(b.value)
    value = a.value @ b.value
    incoming: Any = 0.0
    if np.any(b.radius):
        incoming = incoming + size_a @ b.spread()
    if np.any(a.radius):
        incoming = incoming + a.spread() @ (size_b + b.radius)
    magnitude = size_a @ size_b + incoming
    terms = np.minimum(np.count_nonzero(a.reach, axis=1)[:, None], np.count_nonzero(b.reach, axis=0)[None, :])
    if a.shape[1] == 1:  # a single product: one rounding, and nothing to order
        return a._rounded(value, incoming)
    return _of_sum(a.precision, value, incoming, terms, magnitude)


def _sum(a: Ball, axis: Any, keepdims: bool) -> Ball:
    incoming = np.sum(a.spread(), axis=axis, keepdims=keepdims) if np.any(a.radius) else 0.0
    terms = np.maximum(np.count_nonzero(a.reach, axis=axis, keepdims=keepdims) - 1, 0)
    magnitude = np.sum(a.reach, axis=axis, keepdims=keepdims)
    radius = (incoming + terms * (a.precision.joint_unit * magnitude + a.precision.tiny)) * SLACK
    return a._same(np.sum(a.value, axis=axis, keepdims=keepdims), radius)


OPERATIONS: dict[Any, Any] = {
    np.add: _add,
    np.subtract: _subtract,
    np.multiply: _multiply,
    np.divide: _divide,
    np.reciprocal: _reciprocal,
    np.power: _power,
    np.exp: _exp,
    np.log: _log,
    np.sqrt: _sqrt,
    np.negative: _negative,
    np.maximum: _maximum,
    np.tanh: _tanh,
    np.floor: _floor,
    np.minimum: _minimum,
    np.greater: _greater,
    np.greater_equal: _greater_equal,
    np.less_equal: _less_equal,
    np.equal: _equal,
    np.matmul: _matmul,
}
