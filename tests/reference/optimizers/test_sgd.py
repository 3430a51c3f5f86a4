"""Witnesses of gradient descent: momentum and Nesterov's look ahead as their papers have them, in rational numbers."""

from fractions import Fraction
from functools import partial

from reference import descent

H, START = Fraction(3, 7), Fraction(5)  # f(x) = H x² / 2
MU, ETA = Fraction(9, 10), Fraction(1, 10)


def kept_ahead(take):
    """Keras's parameters and velocities, with what is subtracted by `take`."""
    x, m = START, Fraction(0)
    for _ in range(6):
        g = H * x
        m = descent.velocity(m, g, ETA, MU)
        x = descent.descend(x, take(m, g))
        yield x, m


def test_nesterov_is_the_look_ahead():
    """v' = μv - η∇f(θ + μv), θ' = θ + v' (Sutskever et al. 2013, (3), (4)): Keras keeps θ + μv in place of θ."""
    theta, v = START, Fraction(0)
    ahead = list(kept_ahead(partial(descent.nesterov, learning_rate=ETA, momentum=MU)))
    for x, m in ahead:
        v = MU * v - ETA * H * (theta + MU * v)
        theta = theta + v
        assert (x, m) == (theta + MU * v, v)
    assert ahead != list(kept_ahead(lambda m, g: descent.negated(m)))


def test_momentum_is_the_heavy_ball():
    """x'' = x' - η∇f(x') + μ (x' - x): Polyak 1964, without a velocity."""
    before, x = START, START
    for found, _ in kept_ahead(lambda m, g: descent.negated(m)):
        before, x = x, x - ETA * H * x + MU * (x - before)
        assert found == x
    for found, _ in kept_ahead(partial(descent.nesterov, learning_rate=ETA, momentum=MU)):
        assert found != x
