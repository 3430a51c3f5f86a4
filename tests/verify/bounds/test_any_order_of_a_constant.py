"""A compiler may add a constant first: the ball of a centered RMSprop step holds both orders."""

import numpy as np

from reference.optimizers.rmsprop import centered_step
from verify.bounds import Ball
from verify.records.precision import FLOAT32


def test_epsilon_may_be_added_to_v_first():
    rng, one = np.random.default_rng(1), np.float32
    mean = rng.normal(size=(1, 4000)).astype(one)
    v, g, epsilon = (mean * mean * one(1.0001)).astype(one), np.ones_like(mean), one(1e-7)
    ball = centered_step(*(Ball.exact(x, FLOAT32) for x in (g, v, mean)), 0.01, 1e-7)
    either = [one(0.01) / np.sqrt((v - mean * mean) + epsilon), one(0.01) / np.sqrt((v + epsilon) - mean * mean)]
    assert (either[0] != either[1]).any()
    assert all((np.abs(found - ball.value) <= ball.spread()).all() for found in either)
