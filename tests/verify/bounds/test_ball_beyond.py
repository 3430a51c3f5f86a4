"""Operations of other networks: whatever lies in the operands' balls, exactly or rounded, gives a number in the ball.

Rational operations are held against fractions, the others against 80-bit numbers.
"""

from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference.clipping import by_global_norm
from reference.layers.sigmoid import sigmoid
from reference.operations import product
from reference.schedules import ExponentialDecay, PolynomialDecay
from tests.verify.bounds.test_ball import Shuffled, numbers
from verify.bounds import Ball
from verify.records.precision import COS_ULP, FLOAT32, FLOAT64, SIGMOID_ULP, TANH_ULP

PRECISIONS = pytest.mark.parametrize("precision", [FLOAT32, FLOAT64], ids=lambda p: p.name)


DRAWN = settings(max_examples=40, deadline=None, derandomize=True)


SEEDS = st.integers(0, 2**32)


as_fractions = np.vectorize(lambda x: Fraction(float(x)), otypes=[object])


def exactly(number):
    return number if isinstance(number, Fraction | int) else Fraction(float(number))


def ball_and_points(rng, precision, size=12, scale=2.0):
    """A ball of every kind: exact, narrow, wide, around 0; and points of it in the format, as far out as they go."""
    dtype = np.dtype(precision.name).type
    value = (rng.normal(size=size) * 10.0 ** rng.uniform(-scale, scale, size)).astype(dtype)
    value[rng.random(size) < 0.2] = 0
    radius = np.abs(value) * 10.0 ** rng.uniform(-7, 0.5, size) * (rng.random(size) < 0.7)
    radius += (rng.random(size) < 0.1) * 1.0
    points = (value + radius * rng.choice([-1, -0.5, 0, 1], size)).astype(dtype)
    gap = np.abs(points.astype(np.float64) - value) * (1 + 2.0**-50)
    radius = np.maximum(radius, gap)  # rounding may have moved a point out
    return Ball(value.astype(np.float64), radius if rng.random() < 0.8 else np.abs(gap), precision), points


def inside(ball, exact):
    """Each exact number, or a rounded one, less the value: at most the radius.  Fractions throughout."""
    for number, value, radius in zip(np.ravel(exact), np.ravel(ball.value), np.ravel(ball.spread()), strict=True):
        if np.isfinite(radius):
            assert abs(exactly(number) - Fraction(float(value))) <= Fraction(float(radius)), (number, value, radius)


RATIONAL = {
    "add": lambda a, b, c: a + b,
    "subtract": lambda a, b, c: a - b,
    "multiply": lambda a, b, c: a * b,
    "times a constant": lambda a, b, c: a * c,
    "times two constants": lambda a, b, c: (a * c) * c,
    "a constant times": lambda a, b, c: c * a * c,
    "maximum": lambda a, b, c: np.maximum(a, b),
    "minimum": lambda a, b, c: np.minimum(a, b),
    "maximum with a constant": lambda a, b, c: np.maximum(a, c),
    "cut off": lambda a, b, c: np.minimum(np.maximum(a, -c), c),
    "of three": lambda a, b, c: np.maximum(np.minimum(a, b), a * c),
    "floor": lambda a, b, c: np.floor(a),
    "negative": lambda a, b, c: -(a - b),
    "masked": lambda a, b, c: a * (b > 0),
    "masked at or below": lambda a, b, c: a * (b <= 0) + b * (b > 0),
    "masked at or above": lambda a, b, c: a * (b >= c),
    "masked twice": lambda a, b, c: a * ((b >= c) * (c >= a)),
    "leaky": lambda a, b, c: a * (a > 0) + (a * c) * (a <= 0),
    "with itself": lambda a, b, c: a * (b == b),
}


@PRECISIONS
@pytest.mark.parametrize("name", RATIONAL)
@DRAWN
@given(seed=SEEDS)
def test_rational_operations(name, precision, seed):
    rng = np.random.default_rng(seed)
    (a, at_a), (b, at_b) = ball_and_points(rng, precision), ball_and_points(rng, precision)
    if rng.random() < 0.3:
        b, at_b = a, at_a
    c = at_a.dtype.type(10 ** rng.uniform(-3, 3))
    compute = RATIONAL[name]
    ball = compute(a, b, float(c))
    inside(ball, compute(as_fractions(at_a), as_fractions(at_b), Fraction(float(c))))
    inside(ball, compute(at_a, at_b, c))


@PRECISIONS
@DRAWN
@given(seed=SEEDS)
def test_quotients(precision, seed):
    rng = np.random.default_rng(seed)
    (a, at_a), (b, at_b) = ball_and_points(rng, precision), ball_and_points(rng, precision)
    with np.errstate(all="ignore"):
        for ball, above, below in ((a / b, at_a, at_b), (np.reciprocal(b), at_b * 0 + 1, at_b)):
            there = (below != 0) & np.isfinite(ball.spread())
            inside(ball[there], as_fractions(above[there]) / as_fractions(below[there]))
            inside(ball[there], above[there] / below[there])


@PRECISIONS
@DRAWN
@given(seed=SEEDS, exact=st.booleans())
def test_constants_may_be_multiplied_in_any_order(precision, seed, exact):
    rng = np.random.default_rng(seed)
    a, at = ball_and_points(rng, precision)
    if exact:
        a = Ball.exact(at, precision)
    dtype = at.dtype.type
    constants = [*(10 ** rng.uniform(-4, 4, 3)), 0.25]
    ball = product(a, *(float(c) for c in constants))
    rounded = [dtype(c) for c in constants]
    for x, y, z, two in permutations(rounded):
        for found in (at * x * y * z * two, at * (x * y) * (z * two), at * (x * (y * z)) * two, at * (x * y * z * two)):
            inside(ball, found)
    without_rounding = as_fractions(at) * np.prod([Fraction(float(c)) for c in constants])
    inside(ball, without_rounding)


@PRECISIONS
@DRAWN
@given(seed=SEEDS)
def test_factors_may_be_multiplied_in_any_order(precision, seed):
    """A sigmoid's way back, dA a (1 - a): TensorFlow's kernel takes another order than XLA."""
    rng = np.random.default_rng(seed)
    (a, x), (b, y), (c, z) = (ball_and_points(rng, precision) for _ in range(3))
    if rng.random() < 0.5:
        a, b, c = (Ball.exact(points, precision) for points in (x, y, z))
    ball = product(a, b, c)
    for found in (x * y * z, x * z * y, y * z * x, as_fractions(x) * as_fractions(y) * as_fractions(z)):
        inside(ball, found)


# name: the function, and where its argument may lie
ELEMENTARY = {
    "tanh": (np.tanh, lambda x: x, TANH_ULP),
    "cos": (np.cos, lambda x: np.clip(np.abs(x), 0, 3), COS_ULP),
    "exp": (np.exp, lambda x: np.clip(x, -80, 80), 2.0),
    "log": (np.log, lambda x: np.abs(x) + x.dtype.type(1e-3), 4.0),
    "sqrt": (np.sqrt, np.abs, 0.5),
    "sigmoid": (sigmoid, lambda x: np.clip(x, -80, 80), SIGMOID_ULP),
}


@PRECISIONS
@pytest.mark.parametrize("name", ELEMENTARY)
@DRAWN
@given(seed=SEEDS)
def test_elementary_functions(name, precision, seed):
    """A kernel that is off by as much as is assumed, at any point of the ball, stays inside."""
    function, domain, ulp = ELEMENTARY[name]
    rng = np.random.default_rng(seed)
    _, at = ball_and_points(rng, precision)
    value = domain(at).astype(np.float64)
    radius = np.abs(value) * 10.0 ** rng.uniform(-9, -0.1, value.shape) * (rng.random(value.shape) < 0.7)
    ball = function(Ball(value, radius, precision))
    wide = value.astype(np.longdouble)
    for end in (wide - radius, wide, wide + radius):
        exact = function(end)
        for off in (-ulp, 0, ulp):
            found = exact + off * precision.spacing(np.float64(exact)) * 0.999
            assert np.all(np.abs(found - ball.value) <= ball.spread())


@PRECISIONS
@DRAWN
@given(seed=SEEDS, exponent=st.sampled_from([0.5, 1.0, 2.0, 3.7]))
def test_powers(precision, seed, exponent):
    """Decay rates and what is left of a schedule: bases down to 0, exponents with a radius too."""
    rng = np.random.default_rng(seed)
    base = rng.random(12).astype(precision.name).astype(np.float64)
    base[0], radius = 0, rng.random(12) * 10.0 ** rng.uniform(-8, -1, 12)
    for wide in (0.0, 1e-6):
        ball = Ball(base, radius, precision) ** Ball(np.float64(exponent), wide, precision)
        for x in (np.maximum(base.astype(np.longdouble) - radius, 0), base, base.astype(np.longdouble) + radius):
            for y in (exponent - wide, exponent, exponent + wide):
                exact = x.astype(np.longdouble) ** np.longdouble(y)
                assert np.all(np.abs(exact - ball.value) <= ball.spread())


def test_the_larger_of_an_exact_number_and_a_wide_ball():
    """Where the exact one is larger it need not stay so."""
    exact, wide = Ball(np.array([1.0]), 0.0, FLOAT32), Ball(np.array([0.9]), np.array([0.5]), FLOAT32)
    assert np.maximum(exact, wide).spread() >= 0.4 - 1e-12
    assert np.minimum(-exact, -wide).spread() >= 0.4 - 1e-12
    far = Ball(np.array([0.1]), np.array([0.5]), FLOAT32)
    assert np.maximum(exact, far).spread() == 0


def test_overlapping_balls_are_not_told_apart():
    a, b = Ball(np.array([1.0, 1.0]), 0.0, FLOAT32), Ball(np.array([1.0, 2.0]), np.array([1e-9, 1e-9]), FLOAT32)
    for mask in (a > b, a >= b, a <= b, a == b):
        assert mask.spread().tolist() == [1, 0]


def test_a_quotient_without_remainder_is_not_rounded():
    six, three, seven = (Ball(np.float64(n), 0.0, FLOAT32) for n in (6, 3, 7))
    assert (six / three).is_exact and not (seven / three).is_exact
    assert (seven - six).is_exact and not (seven - Ball(np.float64(2**-30), 0.0, FLOAT32)).is_exact
    assert not (Ball(np.float64(2**24 + 1), 0.0, FLOAT32) / Ball(np.float64(1), 0.0, FLOAT32)).is_exact
    assert np.floor(six / three).is_exact and np.floor(six / three).value == 2


def test_times_zero_is_zero():
    ball = Ball.exact(np.ones(3), FLOAT32) * 0.0 + 0.1
    assert np.all(ball.spread() == Ball.constant(0.1, FLOAT32).radius)


def test_a_staircase_does_not_doubt_its_steps():
    """At t - 1 = 3, 6 of T = 3 the exponent is 1 and 2: the bound must tell them from 0 and 1."""
    stairs = ExponentialDecay(0.1, 3.0, 0.5, True)
    for t, rate in ((3, 0.1), (4, 0.05), (6, 0.05), (7, 0.025)):
        ball = stairs(Ball(np.float64(t), 0.0, FLOAT32))
        assert abs(ball.value - rate) < 1e-12 and ball.spread() < 1e-6 * rate


def test_the_end_of_a_polynomial_decay_has_a_bound():
    for t in (10, 11, 50):
        ball = PolynomialDecay(0.1, 10.0, 0.0, 2.0)(Ball(np.float64(t), 0.0, FLOAT32))
        assert np.isfinite(ball.spread()) and ball.spread() < 1e-3


@DRAWN
@given(seed=SEEDS, count=st.integers(1, 9))
def test_a_global_norm_may_add_its_squares_in_any_order(seed, count):
    rng = np.random.default_rng(seed)
    gradients = [numbers(rng, (1, 5), 3) for _ in range(count)]
    gradients[0][0, 0] = 1
    balls = [Ball.exact(g, FLOAT32) for g in gradients]
    ball = by_global_norm(balls[0], *balls, most=0.05)
    for _ in range(5):
        order = rng.permutation(count)
        shuffled = [Shuffled(gradients[i], rng) for i in order]
        found = by_global_norm(Shuffled(gradients[0], rng), *shuffled, most=0.05).array
        assert np.all(np.abs(found - ball.value) <= ball.spread())
