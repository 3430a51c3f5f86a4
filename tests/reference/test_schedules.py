"""Witnesses of the schedules: the values that Keras's own tests expect, whole numbers, and what the papers say."""

from fractions import Fraction
from math import cos, pi

import numpy as np
import pytest

from reference.optimizers import optimizer_named
from reference.schedules import CosineDecay, CosineDecayRestarts, PolynomialDecay, periods_over

EVERY = range(0, 1500, 250)  # steps done


def cosine(done, steps, alpha=0.0):
    """np_cosine_decay of Keras's learning_rate_schedule_test.py."""
    return (1.0 - alpha) * (0.5 * (1.0 + cos(pi * min(done, steps) / steps))) + alpha


def restarts(done, steps, t_mul=2.0, m_mul=1.0, alpha=0.0):
    """np_cosine_decay_restarts of Keras's learning_rate_schedule_test.py."""
    factor = 1.0
    while done >= steps:
        done, steps, factor = done - steps, steps * t_mul, factor * m_mul
    return (1.0 - alpha) * (factor * 0.5 * (1.0 + cos(pi * done / steps))) + alpha


def linear(done, steps, first, target):
    """linear_warmup of Keras's learning_rate_schedule_test.py."""
    return done / steps * (target - first)


WARM = CosineDecay(0.0, 1000.0, warmup_target=10.0, warmup_steps=2000.0)
EXPECTED = {  # the schedule, and what Keras's tests expect after some steps
    "cosine": (CosineDecay(1.0, 1000.0), {k: cosine(k, 1000) for k in EVERY}),
    "cosine, α": (CosineDecay(1.0, 1000.0, 0.1), {k: cosine(k, 1000, 0.1) for k in EVERY}),
    "warm-up": (
        CosineDecay(0.0, 10.0, warmup_target=10.0, warmup_steps=1500.0),
        {k: linear(k, 1500, 0.0, 10.0) for k in EVERY},
    ),
    "warm-up, then decay": (
        WARM,
        {k: linear(k, 2000, 0.0, 10.0) if k < 2001 else 10 * cosine(k - 2000, 1000) for k in range(0, 3000, 250)},
    ),
    "restarts": (CosineDecayRestarts(1.0, 1000.0), {k: restarts(k, 1000) for k in EVERY}),
    "restarts, α": (CosineDecayRestarts(1.0, 1000.0, alpha=0.1), {k: restarts(k, 1000, alpha=0.1) for k in EVERY}),
    "restarts, m": (CosineDecayRestarts(1.0, 1000.0, m_mul=0.9), {k: restarts(k, 1000, m_mul=0.9) for k in EVERY}),
    "restarts, t": (CosineDecayRestarts(1.0, 1000.0, t_mul=1.0), {k: restarts(k, 1000, t_mul=1.0) for k in EVERY}),
    "restarts, late ones": (CosineDecayRestarts(1.0, 1.0), {k: restarts(k, 1) for k in (8190, 8191, 8192, 32767)}),
    "cycle": (PolynomialDecay(0.05, 10.0, 0.001, cycle=True), {15: 0.049 * 0.25 + 0.001}),
    "cycle, root": (PolynomialDecay(0.05, 10.0, 0.001, 0.5, True), {15: 0.049 * 0.25**0.5 + 0.001}),
    "cycle, begin": (PolynomialDecay(0.001, 10.0, cycle=True), {0: 0.001}),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_keras_own_expectations(name):
    schedule, expected = EXPECTED[name]
    for done, rate in expected.items():
        assert schedule(done + 1.0) == pytest.approx(rate, rel=1e-14, abs=1e-15)
        assert schedule(np.float32(done + 1)).dtype == np.float32


@pytest.mark.parametrize("name", [name for name, (_, expected) in EXPECTED.items() if len(expected) > 1])
def test_a_schedule_one_step_ahead_does_not_meet_them(name):
    schedule, expected = EXPECTED[name]
    assert any(abs(schedule(done + 2.0) - rate) > 1e-9 for done, rate in expected.items())


def test_the_cosine_is_rational_where_its_angle_is_a_third_of_a_half_turn():
    """cos 0, π/3, π/2, 2π/3, π are 1, 1/2, 0, -1/2, -1."""
    rates = [CosineDecay(0.5, 6.0, 0.25)(done + 1.0) for done in (0, 2, 3, 4, 6, 7)]
    shares = [Fraction(1), Fraction(3, 4), Fraction(1, 2), Fraction(1, 4), Fraction(0), Fraction(0)]
    assert rates == pytest.approx([float((share * 3 + 1) / 8) for share in shares], rel=1e-15)


def test_periods_are_counted_as_they_are_added_up():
    """1 + 2 + 4 + … + 2^(i - 1) = 2^i - 1, also where log(2^i)/log(2) is below i in float32."""
    for i in range(1, 20):
        ends = [float(2**i - 1 + k) for k in (-1, 0)]
        assert [periods_over(np.float32(done), 1.0, 2.0) for done in ends] == [i - 1, i]


@pytest.mark.parametrize("words", ["t_mul=0.5", "first_decay_steps=0.0", "alpha='1'"])
def test_a_schedule_without_end_is_refused(words):
    schedule = {"initial_learning_rate": "0.1", "first_decay_steps": "1.0"} | dict([words.split("=")])
    text = ", ".join(f"{k}={v}" for k, v in schedule.items())
    with pytest.raises(ValueError, match="cosine_decay_restarts"):
        optimizer_named(f"sgd(learning_rate=cosine_decay_restarts({text}))")
