"""The bound of an iteration of Newton and Schulz, p(X) = a X + (b A + c A²) X with A = X Xᵀ.

Taken number by number, an error grows by |X||Xᵀ| and the like from iteration to iteration. That is far more than it
does, because X is nearly orthogonal. The length ‖E‖ of the whole error (the root of the sum of its squares) does not
grow so: p moves the singular values alone, so ‖p(X + E) - p(X)‖ is at most ‖E‖ times the largest divided difference

    p[x, y] = (p(x) - p(y)) / (x - y) = a + b (x² + xy + y²) + c (x⁴ + x³y + x²y² + xy³ + y⁴)

of two singular values, one of which may have the other sign, anywhere between X and X + E (Noferini 2017, theorem
3.10; 0 is one of them if X is not square). Singular values move by at most ‖E‖ (Weyl), and p[x, y] by half of p'' for
each of x and y.

What one iteration itself rounds is added number by number.
"""

import numpy as np

from reference.optimizers.muon import iterated
from verify.bounds.ball import SLACK, Ball, on_balls
from verify.records.precision import Floats, Precision


class LengthBall(Ball):
    """A ball of which the length of the whole error is known as well."""

    length: float

    @classmethod
    def of(cls, ball: Ball, length: float) -> "LengthBall":
        """Return a ball with a bound on the length of its error."""
        made = cls(ball.value, ball.spread(), ball.precision)
        vars(made).update(length=length)
        return made


@on_balls(iterated)
def iteration(X: Ball, a: Ball, b: Ball, c: Ball) -> Ball:
    """One iteration. Each number has the smaller of the two bounds, of itself and of the whole error."""
    plain: Ball = iterated.__wrapped__(X, a, b, c)  # type: ignore[attr-defined]
    spread = plain.spread()
    if X.is_exact or not np.isfinite(X.spread()).all():
        return LengthBall.of(plain, _length(spread))
    incoming = min(_length(X.spread()), getattr(X, "length", np.inf))
    is_wide = X.shape[0] <= X.shape[1]
    value, reach = (X.value, X.reach) if is_wide else (X.value.T, X.reach.T)
    singular: Floats = np.asarray(np.linalg.svd(value, compute_uv=False), np.float64)
    singular = singular + singular[0] * len(value) * 2.0**-45  # the error of each is a share of the largest
    size = singular[0] + incoming  # no singular value is larger
    numbers = [float(x.value) for x in (a, b, c)]
    grown = _steepest(singular, numbers, value.shape[0] != value.shape[1])
    grown += incoming * (6 * abs(numbers[1]) * size + 20 * abs(numbers[2]) * size**3)
    constants = sum(float(x.radius) * size**k for x, k in ((a, 1), (b, 3), (c, 5))) * len(value) ** 0.5
    rounding = _rounding(value, reach, incoming, size, numbers, X.precision)
    whole = (grown * incoming + constants) * SLACK
    radius = np.minimum(spread, whole + (rounding if is_wide else rounding.T))
    return LengthBall.of(plain.same(plain.value, radius), min(whole + _length(rounding), _length(radius)))


def _length(errors: Floats) -> float:
    """Return the root of the sum of the squares of all errors."""
    return float(np.linalg.norm(errors) * SLACK)


def _steepest(singular: Floats, numbers: list[float], has_zero: bool) -> float:
    """Return the largest |p[x, ±y]| of two singular values."""
    a, b, c = numbers
    x, y = singular[:, None], np.concatenate([singular, -singular, [0.0] * has_zero])[None]
    differences = a + b * (x * x + x * y + y * y) + c * (x**4 + x**3 * y + x * x * y * y + x * y**3 + y**4)
    return float(np.abs(differences).max() * (1 + 2.0**-40))


def _rounding(
    X: Floats, reach: Floats, incoming: float, size: float, numbers: list[float], precision: Precision
) -> Floats:
    """Return a bound on what the iteration itself rounds, for any matrix within the ball.

    `size` is at least its largest singular value, so A differs from that of X by at most 2 `size` `incoming`.
    """
    (a, b, c), AA = map(abs, numbers), X @ X.T
    (n, m), unit, tiny = X.shape, precision.joint_unit, precision.tiny
    second = 1 + 4 * (n + m + 4) * unit  # products of two rounding errors
    moved = 2 * size * incoming
    product = reach @ reach.T
    of_A = (m * (unit * product + tiny)) * second
    A = np.minimum(np.abs(AA) + moved, product) + of_A
    of_B = b * of_A + c * (of_A @ A + A @ of_A) + unit * (2 * b * A + (n + 2) * c * (A @ A))
    of_B = (of_B + (n + 2) * tiny * (1 + (1 + c) * np.max(A, initial=0.0))) * second
    B = np.abs(AA * numbers[1] + numbers[2] * AA @ AA) + (b + 2 * c * size * size) * moved + of_B
    of_X = of_B @ reach + unit * (2 * a * reach + (n + 1) * (B @ reach)) + (n + 2) * tiny * (1 + size)
    rounded: Floats = of_X * second * SLACK
    return rounded
