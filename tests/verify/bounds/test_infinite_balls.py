"""Balls without a finite bound: nothing about them is certain."""

import numpy as np

from reference.optimizers.lion import sign
from verify.bounds import Ball
from verify.bounds.ball import hull
from verify.records.precision import FLOAT32


def test_a_comparison_with_an_unknown_number_is_undecided():
    for radius in (np.inf, np.nan):
        for value in (np.array([0.0, 2.0]), np.array([np.nan, 2.0])):
            known = sign(Ball(value, np.array([radius, 0.5]), FLOAT32))
            assert not known.spread()[0] < 1 and known.spread()[1] == 0 and known.value[1] == 1


def test_the_hull_of_balls_without_a_bound_has_a_value_and_no_bound():
    known = Ball(np.array([1.0, 2.0]), np.array([np.inf, 0.5]), FLOAT32)
    both = hull([known, Ball(np.array([1.0, 3.0]), np.array([np.inf, 0.5]), FLOAT32)])
    assert np.isfinite(both.value).all() and np.isinf(both.spread()[0]) and both.value[1] == 2.5
