"""Witnesses of schedule-free AdamW: the paper's loop, the mean of all z, and Adam, which it is for β1 = 0 and no mean.

Keras's own tests state no numbers of it: they check that something changes, and that a warmup makes it change less.
"""

import math

import numpy as np
import pytest

from reference.optimizers.schedule_free_adamw import ScheduleFreeAdamW
from tests.support.optimizer_witness import NUMBERS, after, steps


@pytest.mark.parametrize("warmup", [0, 3])
def test_it_is_the_papers_loop(warmup):
    """Defazio et al. 2024, Algorithm 1, with the weight 1/t: y between z and x, z by Adam's step at y, x the mean."""
    rate, b1, b2, epsilon = 0.1, 0.8, 0.9, 1e-3
    x = z = y = 0.7
    v = 0.0
    own = ScheduleFreeAdamW(rate, b1, b2, epsilon, float(warmup))
    for t, (g, value) in enumerate(zip(NUMBERS, after(own, NUMBERS, 0.7), strict=True), 1):
        v = b2 * v + (1 - b2) * g * g
        gamma = rate * min(t / warmup, 1) if warmup else rate
        z -= gamma * g / (math.sqrt(v / (1 - b2**t)) + epsilon)
        x = (1 - 1 / t) * x + z / t
        y = (1 - b1) * z + b1 * x
        assert value == pytest.approx(y, rel=1e-12)


def test_x_is_the_mean_of_all_z():
    found = list(steps(ScheduleFreeAdamW(0.1), np.random.default_rng(0).normal(size=(20, 3)), np.ones(3)))
    z = np.array([step["z_W1"] for step in found])
    x = (found[-1]["W1_new"] - 0.1 * z[-1]) / 0.9
    assert np.allclose(x, z.mean(axis=0), rtol=1e-10)


def test_warmup_makes_the_first_step_shorter():
    first, warm = (after(ScheduleFreeAdamW(0.5, warmup_steps=n), [[1.0] * 3], np.arange(1.0, 4)) for n in (0.0, 10.0))
    assert np.allclose(warm - np.arange(1.0, 4), 0.1 * (first - np.arange(1.0, 4)), rtol=1e-7)
