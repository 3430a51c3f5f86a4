"""Witnesses of dropout: its mean over all masks, in rational numbers, and the complex step."""

from fractions import Fraction
from itertools import product

import numpy as np

from reference.layers.dropout import dropped, dropped_gradient
from tests.support.layer_witness import G, Z, apart
from tests.support.witness import complex_step, differences


def test_it_keeps_the_mean():
    """Over all masks, each as likely as it is, what is let through is what came in."""
    A, rate = np.array([[Fraction(3), Fraction(-5, 7), Fraction(1, 2)]]), Fraction(1, 3)

    def mean(drop):
        found = 0
        for mask in product((0, 1), repeat=3):
            share = np.prod([1 - rate if kept else rate for kept in mask])
            found = found + share * drop(A, np.array([mask]), rate)
        return found

    assert np.array_equal(mean(dropped), A) and np.array_equal(mean(dropped_gradient), A)
    assert not np.array_equal(mean(lambda A, M, rate: A * (M > 0)), A)
    assert not np.array_equal(mean(lambda A, M, rate: A * (1 / rate) * (M > 0)), A)


def test_the_way_back_is_the_slope():
    M = np.arange(Z.size).reshape(Z.shape) % 3 > 0
    slopes = differences(complex_step, lambda A: np.sum(G * dropped(A, M, 0.25)), Z)
    assert apart(dropped_gradient(G, M, 0.25), slopes) < 1e-14
    assert apart(dropped_gradient(G, ~M, 0.25), slopes) > 1e-3
