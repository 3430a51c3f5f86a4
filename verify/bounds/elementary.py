"""Elementary functions of balls: powers, exponential, logarithm, square root and others.

The radius of a result has two parts. The first says how far the function can move within the ball; all functions are
monotonic. It is computed without subtracting nearly equal numbers wherever possible, because such a difference would
lose digits that a small radius needs. The second is the error of TensorFlow's kernel, a few ulp
(`verify.records.precision`).
"""

from fractions import Fraction
from typing import Any

import numpy as np

from reference import operations
from reference.layers.gelu import cube
from reference.layers.sigmoid import sigmoid
from reference.layers.softplus import softplus
from reference.layers.sparsemax import simplex_threshold
from reference.schedules import count_periods, periods_over
from verify.bounds.arithmetic import negative
from verify.bounds.ball import SLACK, Ball, on_balls
from verify.records.precision import (
    COS_ULP,
    CUBE_ULP,
    ERFC_TAIL_ULP,
    ERFC_ULP,
    EXP_ULP,
    LOG1P_ULP,
    LOG_ULP,
    POWER_ULP,
    POWERS_TAIL_ULP,
    POWERS_ULP,
    SIGMOID_ULP,
    SOFTPLUS_ULP,
    SQUARE_ULP,
    TANH_ULP,
)


@on_balls(np.power)
def power(a: Ball, b: Any) -> Ball:
    """Power a^b of a base that is not negative, such as β^t.

    The power is monotonic in a and in b, so its extremes lie at the ends of the two balls.
    """
    outward = a.radius + np.abs(a.value) * (2.0**-52 if np.any(a.radius) else 0.0)
    value, low, high = a.value**b.value, np.maximum(a.value - outward, 0), a.value + outward
    ends = [end ** (b.value + j * b.radius) for end in (low, high) for j in ((-1, 1) if np.any(b.radius) else (0,))]
    return a.rounded(value, np.max([np.abs(end - value) for end in ends], axis=0), _power_ulp(a, b))


def _power_ulp(a: Ball, b: Any) -> Any:
    """Return the error of TensorFlow's kernel: for arrays it grows with the exponent of e that the power has."""
    if not a.ndim:
        return POWER_ULP
    if np.all(b.value == 2):
        return SQUARE_ULP
    exponent = np.abs(b.value * np.log(np.maximum(np.abs(a.value), a.precision.tiny)))
    return POWERS_ULP + POWERS_TAIL_ULP * exponent


@on_balls(cube)
def cube_of(z: Ball) -> Ball:
    """Cube z³. The error of TensorFlow's kernel is measured as a whole."""
    radius = z.radius * 3 * z.reach * z.reach if np.any(z.radius) else 0.0
    return z.rounded(z.value * z.value * z.value, radius, CUBE_ULP)


@on_balls(simplex_threshold)
def threshold_of(z: Ball) -> Ball:
    """Threshold τ of a sparsemax, for any algorithm that computes t_k = (Σ of the k largest - 1) / k and chooses a k.

    τ is monotonic in each z, and grows by c where all z grow by c. So it moves by no more than the largest radius. A
    computed t_k has an error of at most δ = 2u (Σ|z| + 1). Rounding can lead to a k at which z_k is above t_k - δ in
    place of above t_k, or the other way round. For n numbers, this k's t_k is below τ by at most (n - 1) δ.
    """
    value, n = simplex_threshold.__wrapped__(z.value), z.shape[-1]  # type: ignore[attr-defined]
    size = np.sum(z.reach, axis=-1, keepdims=True) + 1
    error = 2 * z.precision.joint_unit * size + n * z.precision.tiny
    return z.same(value, (np.max(z.spread(), axis=-1, keepdims=True) + n * error) * SLACK)


@on_balls(np.exp)
def exp(a: Ball) -> Ball:
    """Exponential e^a."""
    value = np.exp(a.value)
    radius = np.where(a.radius < 1, value * np.expm1(a.radius), np.exp(a.value + a.radius) - value)
    return a.rounded(value, radius, EXP_ULP)


@on_balls(sigmoid)
def logistic(z: Ball) -> Ball:
    """Logistic function 1 / (1 + e^-z).

    TensorFlow and XLA each compute it in one kernel of their own. The error of that kernel is measured as a whole.
    """
    return z.rounded(1 / (1 + np.exp(-z.value)), _steepest(z, 0.5) * 0.25, SIGMOID_ULP)


@on_balls(softplus)
def softplus_of(z: Ball) -> Ball:
    """Softplus ln(1 + e^z). Its slope is at most that of the sigmoid of the ball's upper end."""
    value = np.maximum(z.value, 0) + np.log1p(np.exp(-np.abs(z.value)))
    radius = z.radius / (1 + np.exp(-(z.value + z.radius))) if np.any(z.radius) else 0.0
    return z.rounded(value, radius, SOFTPLUS_ULP)


@on_balls(operations.erfc)
def erfc(a: Ball) -> Ball:
    """1 less the error function of a. Its slope is largest where the ball is nearest to 0."""
    nearest = np.maximum(np.abs(a.value) - a.radius, 0)
    radius = a.radius * (2 / np.sqrt(np.pi)) * np.exp(-nearest * nearest) if np.any(a.radius) else 0.0
    largest = np.maximum(a.value + a.radius, 0)
    return a.rounded(operations.erfc(a.value), radius, ERFC_ULP + ERFC_TAIL_ULP * largest * largest)


@on_balls(np.tanh)
def tanh(a: Ball) -> Ball:
    """Hyperbolic tangent of a."""
    return a.rounded(np.tanh(a.value), _steepest(a), TANH_ULP)


def _steepest(a: Ball, part: float = 1.0) -> Any:
    """Return the radius times the largest value of 1/cosh²(part·x) for x in the ball.

    This slope is largest where x is nearest to 0.
    """
    if not np.any(a.radius):
        return 0.0
    slope = 1 / np.cosh(np.maximum(np.abs(a.value) - a.radius, 0) * part)
    return a.radius * slope * slope


@on_balls(np.log)
def log(a: Ball) -> Ball:
    """Natural logarithm of a. The radius is infinite where the ball reaches 0."""
    value = np.log(a.value)
    radius = np.where(a.radius < a.value, -np.log1p(-np.minimum(a.radius / a.value, 1)), np.inf)
    return a.rounded(value, radius, LOG_ULP)


@on_balls(np.log1p)
def log1p(a: Ball) -> Ball:
    """Natural logarithm of 1 + a. The radius is infinite where the ball reaches -1."""
    value, least = np.log1p(a.value), 1 + a.value
    radius = np.where(a.radius < least, -np.log1p(-np.minimum(a.radius / least, 1)), np.inf)
    return a.rounded(value, radius, LOG1P_ULP)


@on_balls(np.cos)
def cos(a: Ball) -> Ball:
    """Cosine of a. It moves by no more than a does."""
    return a.rounded(np.cos(a.value), a.radius, COS_ULP)


@on_balls(periods_over)
def periods_over_of(done: Ball, first: Ball, factor: Ball) -> Ball:
    """Number of periods that are over, computed in fractions for the ends of the balls: it falls as periods grow."""
    ends = [(Fraction(float(x.value)), Fraction(float(x.radius))) for x in (done, first, factor)]
    (d, d_radius), *growing = ends
    most = count_periods(d + d_radius, *(value - radius for value, radius in growing))
    fewest = count_periods(d - d_radius, *(value + radius for value, radius in growing))
    return done.same((most + fewest) / 2, (most - fewest) / 2)


@on_balls(np.ceil)
def ceil(a: Ball) -> Ball:
    """Smallest whole number that is at least a."""
    return negative(floor(negative(a)))


@on_balls(np.floor)
def floor(a: Ball) -> Ball:
    """Largest whole number that is at most a."""
    value = np.floor(a.value)
    return a.same(value, np.maximum(np.floor(a.value + a.radius) - value, value - np.floor(a.value - a.radius)))


@on_balls(np.sqrt)
def sqrt(a: Ball) -> Ball:
    """Square root of a."""
    value = np.sqrt(a.value)
    radius: Any = 0.0
    if not a.is_exact:
        least = np.sqrt(np.maximum(a.value - a.radius, 0))
        radius = np.where(a.value > 0, a.radius / (value + least), np.sqrt(a.radius))
    return a.rounded(value, radius)


@on_balls(operations.over_root)
def over_root(a: Ball, b: Ball) -> Ball:
    """Quotient a / √b. Its error is less than that of a · (1/√b), which TensorFlow and XLA make of it."""
    product: Ball = a * np.reciprocal(np.sqrt(b))
    return product
