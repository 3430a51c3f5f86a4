"""Any evaluation in float32, in any order of summation, stays inside the ball; and the ball is not idly wide."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference.feedforward import weighted_sum
from reference.operations import choose, norm, operation, product, quotient, rounded_as, sign
from verify.bounds import Ball
from verify.records.precision import FLOAT32, FLOAT64


class Shuffled(np.lib.mixins.NDArrayOperatorsMixin):
    """float32 arithmetic whose sums are taken in a random order, sequentially or by random halving."""

    def __init__(self, array, rng):
        self.array, self.rng = np.asarray(array, dtype=np.float32), rng

    shape = property(lambda self: self.array.shape)
    ndim = property(lambda self: self.array.ndim)
    T = property(lambda self: Shuffled(self.array.T, self.rng))

    def __getitem__(self, index):
        return Shuffled(self.array[index], self.rng)

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        arrays = [x.array if isinstance(x, Shuffled) else x for x in inputs]
        arrays = [np.float32(x) if isinstance(x, float) else x for x in arrays]
        if ufunc is np.matmul:
            a, b = arrays
            products = (a[:, :, None] * b[None, :, :]).astype(np.float32)
            return Shuffled(self.add_up(np.moveaxis(products, 1, 0)), self.rng)
        found = ufunc(*arrays)
        return found if found.dtype == bool else Shuffled(found, self.rng)

    def __operation__(self, function, operands):
        arrays = [x.array if isinstance(x, Shuffled) else x for x in operands]
        if function is choose:
            return Shuffled(np.where(*arrays), self.rng)
        if function is rounded_as:
            return np.float32(arrays[0])
        if function is product:
            return function.__wrapped__(*(operands[i] for i in self.rng.permutation(len(operands))))
        if function is weighted_sum:
            a, b, row = arrays
            products = np.moveaxis((a[:, :, None] * b[None, :, :]).astype(np.float32), 1, 0)
            rows = np.broadcast_to(row, products[:1].shape)
            return Shuffled(self.add_up(np.concatenate([products, rows])), self.rng)
        return function.__wrapped__(*operands)

    def add_up(self, terms):
        terms = list(terms[self.rng.permutation(len(terms))])
        sequential = self.rng.random() < 0.5
        while len(terms) > 1:
            k = 0 if sequential else int(self.rng.integers(len(terms) - 1))
            terms[k : k + 2] = [terms[k] + terms[k + 1]]
        return terms[0]

    def sum(self, axis=None, keepdims=False, **_):
        terms = self.array.reshape(-1) if axis is None else np.moveaxis(self.array, axis, 0)
        total = self.add_up(terms)
        return Shuffled(np.expand_dims(total, axis) if keepdims else total, self.rng)

    def reshape(self, *shape):
        return Shuffled(self.array.reshape(*shape), self.rng)

    def max(self, axis=None, keepdims=False, **_):
        return Shuffled(self.array.max(axis=axis, keepdims=keepdims), self.rng)


def numbers(rng, shape, scale):
    """Float32 numbers of the wanted magnitude, some of them zero, some cancelling."""
    x = rng.normal(size=shape) * 10.0 ** rng.uniform(-scale, scale, size=shape)
    x[rng.random(shape) < 0.2] = 0
    if x.ndim == 2 and x.shape[1] > 1:
        x[:, 1] = -x[:, 0]
    return x.astype(np.float32)


def used(ball, result):
    """The largest error/radius; every element must be at most 1."""
    error = np.abs(np.asarray(result, dtype=np.float64) - ball.value)
    radius = ball.spread()
    assert ball.value.shape == np.shape(result)
    assert np.all(error <= radius), (error.max(), radius[error > radius])
    with np.errstate(all="ignore"):
        return float(np.max(np.where(error > 0, error / radius, 0)))


OPERATIONS = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / (b * b + 1e-3),
    "reciprocal": lambda a, b: np.reciprocal(b * b + 0.01),
    "constant": lambda a, b: a * 0.999 + 0.1,
    "maximum": lambda a, b: np.maximum(a, b),
    "exp": lambda a, b: np.exp(a - np.max(a, axis=1, keepdims=True)),
    "log": lambda a, b: np.log(a * a + 1e-3),
    "sqrt": lambda a, b: np.sqrt(a * a) / (np.sqrt(b * b) + 1e-3),
    "power": lambda a, b: 1 - (a * a * 1e-6 + 0.5) ** 7,
    "negative": lambda a, b: -(a * b),
    "greater": lambda a, b: a * (b > 0),
    "matmul": lambda a, b: a @ b.T,
    "matmul, then a term": lambda a, b: a @ b.T + 0.1,
    "weighted sum": lambda a, b: weighted_sum(a, b.T, b[:1, :1]),
    "product": lambda a, b: product(a, b, 0.3, 1 - b),
    "quotient": lambda a, b: quotient(a, np.sqrt(b * b) + 1e-3, 1e-3),
    "norm": lambda a, b: norm(a, b),
    "sign": lambda a, b: sign(a - b),
    "choose": lambda a, b: choose(a > b, a * b, b * 0.1),
    "sum": lambda a, b: np.sum(a * b, axis=1, keepdims=True),
    "sum of all": lambda a, b: np.sum(a),
}


@pytest.mark.parametrize("name", OPERATIONS)
@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32), n=st.integers(1, 40), scale=st.sampled_from([0.5, 3.0, 8.0]))
def test_operation(name, seed, n, scale):
    rng = np.random.default_rng(seed)
    scale = min(scale, 3.0) if name in ("exp", "power") else scale
    a, b = numbers(rng, (3, n), scale), numbers(rng, (3, n), scale)
    ball = OPERATIONS[name](Ball.exact(a, FLOAT32), Ball.exact(b, FLOAT32))
    with np.errstate(all="ignore"):
        result = OPERATIONS[name](Shuffled(a, rng), Shuffled(b, rng))
    used(ball, result.array)


@pytest.mark.parametrize("factor", [1 - 1e-6, 1 + 1e-6])
def test_a_wrong_product_leaves_its_ball(factor):
    a = np.linspace(0.5, 1, 7, dtype=np.float32)
    ball = Ball.exact(a, FLOAT32) * Ball.exact(a, FLOAT32)
    assert np.all(np.abs(a * a * np.float32(factor) - ball.value) > ball.spread())


def test_adding_an_exact_zero_rounds_nothing():
    ones = Ball.exact(np.ones(3), FLOAT32)
    assert (Ball.exact(np.zeros(3), FLOAT32) + ones).is_exact
    some = Ball.exact(np.float32([0, 0.1, 0]), FLOAT32)
    for ball in (some + ones, ones - some):  # each element by itself
        assert [radius > 0 for radius in ball.spread()] == [False, True, False]


def test_a_ball_does_not_change():
    ball = Ball.exact(np.ones(3), FLOAT32)
    with pytest.raises(AttributeError, match="does not change: radius"):
        ball.radius = 1.0


def test_a_positive_divisor_is_declared():
    wide = Ball(np.array([1e-9]), np.array([1e-8]), FLOAT32)
    assert np.isinf((1.0 / wide).spread()) and quotient(1.0, wide, 1e-9).spread() == pytest.approx(1e10, rel=1e-6)


def test_a_product_may_underflow_on_the_way():
    """(A - y)/3 is flushed to 0, and then doubled."""
    ball = product(Ball.exact(np.float32([3.4e-38]), FLOAT32), 2, 1 / 3)
    assert ball.value <= ball.spread() < 1e-37
    assert product(Ball.constant(1.0, FLOAT32), 1.0, 1.0).radius >= 0
    small = product(Ball.exact(np.float32([1e-10]), FLOAT32), 2.0**-100, 0.3, 2.0**100)
    assert small.spread() >= small.value


def test_operations_that_are_not_known_are_refused():
    @operation
    def unheard_of(x):
        return x

    with pytest.raises(NotImplementedError, match="balls do not know unheard_of"):
        unheard_of(Ball.exact(np.ones(3), FLOAT32))
    assert unheard_of(3) == 3


def test_a_choice_by_an_undecided_mask_holds_both():
    mask = Ball(np.array([1e-9, 1.0, np.nan]), np.array([1e-8, 1e-8, np.inf]), FLOAT32) > 0
    x, y = (Ball.exact(np.full(3, number), FLOAT32) for number in (2.0, 5.0))
    ball = choose(mask, x, y)
    for number, inside in ((2.0, [True, True, True]), (5.0, [True, False, True])):
        assert (np.abs(ball.value - number) <= ball.spread()).tolist() == inside


def test_the_sign_of_a_ball_near_zero_may_be_any():
    a = Ball(np.array([1e-9, -1.0, np.nan, 0.0, np.nan]), np.array([1e-8, 1e-8, np.inf, 0.0, 0.0]), FLOAT32)
    ball = sign(a)
    for number, inside in ((1.0, [True, False, True]), (0.0, [True, False, True]), (-1.0, [True, True, True])):
        assert (np.abs(ball.value - number) <= ball.spread()).tolist()[:3] == inside
    assert ball.value[3] == 0 and np.isnan(ball.value[4]) and not ball.spread()[3:].any()


def test_zero_terms_do_not_count():
    few = np.zeros((1, 100))
    few[0, :2] = 1
    ones = Ball.exact(np.ones((100, 1)), FLOAT32)
    narrow = Ball.exact(few, FLOAT32) @ ones
    wide = Ball.exact(np.ones((1, 100)), FLOAT32) @ ones
    assert narrow.radius < wide.radius / 1000


def test_constants_carry_their_own_rounding():
    assert Ball.constant(0.5, FLOAT32).radius == 0
    assert Ball.constant(0.999, FLOAT32).radius == abs(float(np.float32(0.999)) - 0.999)
    assert Ball.constant(0.999, FLOAT64).radius == 0


def test_a_mask_near_zero_may_be_either():
    ball = Ball(np.array([1e-9, 1.0]), np.array([1e-8, 1e-8]), FLOAT32)
    mask = ball > 0
    assert mask.spread().tolist() == [1, 0]


def test_subnormal_inputs_may_be_read_as_zero():
    assert Ball.exact(np.array([1e-40, 1.0]), FLOAT32).spread().tolist() == [1e-40, 0]


def test_a_division_by_a_ball_around_zero_promises_nothing():
    ball = Ball(np.array([1.0]), 0.0, FLOAT32) / Ball(np.array([0.1]), np.array([0.2]), FLOAT32)
    assert np.isinf(ball.radius)


def test_unknown_operations_are_refused():
    ball = Ball.exact(np.ones(2), FLOAT32)
    with pytest.raises(NotImplementedError, match="sin"):
        np.sin(ball)
