"""Balls of what the schedules of a learning rate need: whole numbers, periods, and quotients by a constant."""

import numpy as np
import pytest

from reference.operations import divided
from reference.optimizers.around import is_multiple
from reference.schedules import CosineDecayRestarts, periods_over
from verify.bounds import Ball
from verify.records.precision import FLOAT32, FLOAT64

EXACT = [Ball(np.float64(t), 0.0, FLOAT32) for t in range(130)]


def test_whole_numbers_are_decided():
    """(t - 1)/T is exact where it is whole, also for T that have no exact reciprocal."""
    for T in (3.0, 7.0, 41.0):
        for t, ball in enumerate(EXACT):
            up = np.ceil(ball / T)
            assert up.value == -(-t // int(T)) and np.all(up.spread() == 0)
            assert bool(is_multiple(ball, T)) == (t % int(T) == 0)


def test_periods_of_exact_numbers_are_exact_and_others_are_not():
    for done, over in ((20, 1), (21, 2), (22, 2)):
        exact = periods_over(EXACT[done], 7.0, 2.0)
        assert exact.value == over and exact.is_exact
    for done, least, most in ((10, 1, 1), (20, 1, 1), (21, 1, 2), (22, 2, 2)):  # 10 + 11 = 21, 1.1 is rounded
        rounded = periods_over(EXACT[done], 10.0, 1.1)
        assert (rounded.value - rounded.spread(), rounded.value + rounded.spread()) == (least, most)


@pytest.mark.parametrize("precision", [FLOAT32, FLOAT64])
def test_a_quotient_by_a_constant_may_be_a_product(precision):
    """x / c and x (1/c), in the judged precision, both lie in the ball; a product with 1.0000005/c does not."""
    rng, kind = np.random.default_rng(1), np.dtype(precision.name).type
    x = rng.normal(size=5000).astype(kind)
    for c in (3.0, 7.0, 41.0, 1000.0, 0.1):
        ball = divided(Ball.exact(x, precision), c)
        for found in (x / kind(c), x * (kind(1) / kind(c))):
            assert np.all(np.abs(found - ball.value) <= ball.spread())
        assert np.any(np.abs(x * (1 + 8 * precision.unit) / c - ball.value) > ball.spread())


def test_a_restart_is_as_narrow_as_any_other_step():
    schedule = CosineDecayRestarts(0.1, 7.0, 2.0)
    for done, part in ((6, 6 / 7), (7, 0), (20, 13 / 14), (21, 0), (48, 27 / 28), (49, 0)):
        ball = schedule(Ball(np.float64(done + 1), 0.0, FLOAT32))
        assert abs(ball.value - 0.05 * (1 + np.cos(np.pi * part))) < 1e-12 and ball.spread() < 1e-6
