"""The kinds of equation between printed numbers.  Each yields the intervals that it allows its quantities."""

import math
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from itertools import product

from verify.printed.figures import Quantity
from verify.printed.propagation import Constraint, Interval, Intervals, Narrowed

HALF = 0.5  # whole numbers are compared with a margin of one half, so that the slack of a bound does not matter
TINY = 5e-324  # the smallest positive float64: a lower bound for "not 0"
NARROW = 1e-10  # relative: an interval narrower than this counts as one number
ROUNDED = 1 + 1e-12  # a margin before nearly equal numbers are subtracted, so that rounding does not decide


def within(equation: str, quantity: Quantity, low: float, high: float) -> Constraint:
    """Return the constraint low ≤ q ≤ high, known from the definition of the quantity q."""
    return Constraint(equation, (quantity,), lambda intervals, q: [(q, low, high)])


def linear(equation: str, terms: Sequence[tuple[float, Quantity]], low: float = 0.0, high: float = 0.0) -> Constraint:
    """Return the constraint low ≤ Σ c_i q_i ≤ high, with the terms (c_i, q_i)."""
    coefficients, quantities = zip(*terms, strict=True)
    return Constraint(equation, quantities, partial(_linear, coefficients=coefficients, low=low, high=high))


def _linear(
    intervals: Intervals, *quantities: Quantity, coefficients: Sequence[float], low: float, high: float
) -> Narrowed:
    ends = [sorted((c * intervals[q][0], c * intervals[q][1])) for c, q in zip(coefficients, quantities, strict=True)]
    # the margin covers the rounding of the sums
    margin = 1e-15 * max((abs(x) for pair in ends for x in pair if math.isfinite(x)), default=0.0)
    for k, (c, q) in enumerate(zip(coefficients, quantities, strict=True)):
        others_low, others_high = (math.fsum(pair[side] for pair in ends[:k] + ends[k + 1 :]) for side in (0, 1))
        a, b = sorted(((low - others_high) / c, (high - others_low) / c))
        yield q, a - margin, b + margin


def factors(intervals: Intervals, p: Quantity, a: Quantity, b: Quantity) -> Narrowed:
    """p = a·b."""
    yield p, *times(intervals[a], intervals[b])
    for factor, other in ((a, b), (b, a)):
        low, high = intervals[other]
        if low > 0 or high < 0:
            yield factor, *times(intervals[p], (_inverse(high), _inverse(low)))


def _inverse(x: float) -> float:
    """Return 1/x, or an infinity with the sign of x if x is (almost) 0."""
    return 1 / x if abs(x) > 1e-300 else math.copysign(math.inf, x)


def times(a: Interval, b: Interval) -> Interval:
    """Return the product of two intervals.  0 times infinity counts as 0: a factor is finite, even if unknown."""
    ends = [x * y if x and y else 0.0 for x in a for y in b]
    return min(ends), max(ends)


def relu(intervals: Intervals, a: Quantity, z: Quantity) -> Narrowed:
    """a = max(0, z)."""
    (low, high), (a_low, a_high) = intervals[z], intervals[a]
    yield a, max(0.0, low), max(0.0, high)
    yield z, a_low if a_low > 0 else -math.inf, a_high


def exponential(intervals: Intervals, e: Quantity, z: Quantity) -> Narrowed:
    """e = exp(z)."""
    (z_low, z_high), (low, high) = intervals[z], intervals[e]
    yield e, _exp(z_low), _exp(z_high)
    yield z, math.log(low) if low > 0 else -math.inf, math.log(high) if 0 < high < math.inf else math.inf


def _exp(z: float) -> float:
    """Return e to the power z, or infinity where float64 would overflow."""
    return math.exp(z) if z < 700 else math.inf


def masked(intervals: Intervals, d: Quantity, a: Quantity, d_open: Quantity | None = None) -> Narrowed:
    """d = d_open where a > 0, and d = 0 where a = 0, as the slope of ReLU demands."""
    (low, high), (a_low, a_high) = intervals[d], intervals[a]
    is_not_zero = low > 0 or high < 0
    if a_high <= 0:
        yield d, 0.0, 0.0
    if is_not_zero:
        yield a, TINY, math.inf
    if d_open is not None and (a_low > 0 or is_not_zero):
        yield d, *intervals[d_open]
        yield d_open, low, high


def one_hot(intervals: Intervals, y: Quantity, label: Quantity) -> Narrowed:
    """y_j is 1 for the label and 0 elsewhere.  Output j stands for digit j - 1."""
    (j,) = y[-1]
    low, high = intervals[label][0] - HALF, intervals[label][1] + HALF
    possible = low < j - 1 < high
    certain = possible and high - low < 1 + HALF
    yield y, float(certain), float(possible)
    if intervals[y][0] > 0:
        yield label, float(j - 1), float(j - 1)


def zero_or_one(intervals: Intervals, quantity: Quantity) -> Narrowed:
    """q is 0 or 1: one of them once the other is excluded."""
    low, high = intervals[quantity]
    yield quantity, 1.0 if low > 0 else 0.0, 0.0 if high < 1 else 1.0


def adam_update(
    intervals: Intervals, u: Quantity, g: Quantity, s: Quantity, epsilon: Quantity, *, c: float
) -> Narrowed:
    """|u| = s·c|g| / (c|g| + ε), Adam's first update, where u has the sign of the gradient g.

    The moments are zero before the step. c|g| is the square root in Adam's denominator. Without ε, the update would
    have the size s for every gradient that is not 0.
    """
    (g_low, g_high), (u_low, u_high) = intervals[g], intervals[u]
    # the ranges of s and ε are separate constraints
    (s_low, s_high), (e_low, e_high) = ((max(low, 0.0), high) for low, high in (intervals[s], intervals[epsilon]))
    sign = 1 if g_low > 0 or u_low > 0 else -1 if g_high < 0 or u_high < 0 else 0
    if not sign:
        yield u, -s_high, s_high
        largest = max(abs(u_low), abs(u_high))
        if g_low == g_high == 0:
            yield u, 0.0, 0.0
        elif largest * ROUNDED < s_low:  # the update is below s: g is 0, or small beside ε
            share = 0.0 if math.isinf(c) else largest / (c * (s_low / ROUNDED - largest))
            most = e_high * share if share else 0.0
            yield g, -most, most
        return
    yield g, *((TINY, math.inf) if sign > 0 else (-math.inf, -TINY))
    if sign < 0:
        (g_low, g_high), (u_low, u_high) = (-g_high, -g_low), (-u_high, -u_low)
    g_low, u_low = max(g_low, 0.0), max(u_low, 0.0)
    smallest_share = _share(c, g_low, e_high)
    low, high = s_low * smallest_share, s_high * _share(c, g_high, e_low)
    yield u, *((low, high) if sign > 0 else (-high, -low))
    yield s, u_low, u_high / smallest_share if smallest_share else math.inf
    if u_low > 0 and math.isfinite(s_high):
        yield epsilon, 0.0, max(0.0, c * g_high * (s_high / u_low * ROUNDED - 1))


def _share(c: float, g: float, epsilon: float) -> float:
    """Return c·g / (c·g + ε), the part of s that remains for a gradient of size g."""
    if not epsilon or math.isinf(g) or math.isinf(c):
        return 1.0
    return 0.0 if math.isinf(epsilon) or not g else c * g / (c * g + epsilon)


def update_size(
    intervals: Intervals, s: Quantity, *parameters: Quantity, ranges: Sequence[Interval], f: Callable[..., float]
) -> Narrowed:
    """s = f(p, q, …), where f is monotone in each parameter on its range."""
    pairs = zip((intervals[p] for p in parameters), ranges, strict=True)
    box = tuple((max(low, least), min(high, most)) for (low, high), (least, most) in pairs)
    if any(low > high for low, high in box):
        return
    low, high = _image(f, box)
    yield s, low * (1 - NARROW), high * (1 + NARROW)
    for k, parameter in enumerate(parameters):
        yield parameter, *_preimage(f, box, k, intervals[s])


@lru_cache(maxsize=4096)
def _image(f: Callable[..., float], box: tuple[Interval, ...]) -> Interval:
    """Return the smallest and the largest value of f on a box.  Both lie at corners, since f is monotone."""
    ends = ((low,) if high - low <= NARROW * abs(high) else (low, high) for low, high in box)
    values = [f(*corner) for corner in product(*ends)]
    return min(values), max(values)


@lru_cache(maxsize=4096)
def _preimage(f: Callable[..., float], box: tuple[Interval, ...], k: int, s: Interval) -> Interval:
    """Return the interval of parameter k outside which f cannot reach s.  Each end is found by bisection."""

    def possible(a: float, b: float) -> bool:
        low, high = _image(f, (*box[:k], (a, b), *box[k + 1 :]))
        return low <= s[1] * (1 + NARROW) and s[0] <= high * (1 + NARROW)

    low, high = box[k]
    if high - low <= 1e-9 * high or not possible(low, high):
        return box[k]
    ends = []
    for start, stop in ((low, high), (high, low)):
        a, b = start, stop  # start to a is impossible, start to b is possible
        for _ in range(40):
            middle = (a + b) / 2
            a, b = (a, middle) if possible(*sorted((start, middle))) else (middle, b)
        ends.append(start if possible(start, start) else a)
    return min(ends), max(ends)
