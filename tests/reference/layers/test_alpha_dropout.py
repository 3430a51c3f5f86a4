"""Witnesses of alpha dropout: its mean and variance over all masks, the published SELU constants, the complex step."""

from itertools import product

import numpy as np
import pytest

from reference.layers.alpha_dropout import LOWEST, AlphaDropout, scale_of, shift_of
from reference.layers.selu import SELU
from tests.support.layer_witness import G, Z, apart
from tests.support.witness import complex_step, differences

M = np.arange(Z.size).reshape(Z.shape) % 3 > 0
FORWARD, BACK = AlphaDropout(0.25).functions()


def moments(drop, rate):
    """The mean and the variance of what is given, over all masks, for inputs 1 and -1: mean 0 and variance 1."""
    mean = square = 0.0
    for mask in product((0, 1), repeat=2):
        share = np.prod([1 - rate if kept else rate for kept in mask])
        D = drop(np.array([[1.0, -1.0]]), np.array([mask]), rate)
        mean, square = mean + share * D.mean(), square + share * np.mean(D * D)
    return mean, square - mean**2


@pytest.mark.parametrize("rate", [0.05, 0.3, 0.9])
def test_it_keeps_a_mean_of_0_and_a_variance_of_1(rate):
    assert moments(lambda A, M, rate: AlphaDropout(rate).functions()[0](A, M), rate) == pytest.approx((0, 1), abs=1e-12)
    without = moments(lambda A, M, rate: np.where(M > 0, A, LOWEST) * scale_of(rate), rate)
    assert abs(without[0]) > 0.05


def test_what_is_dropped_becomes_what_selu_gives_far_below_0():
    assert pytest.approx(SELU().function(np.array([[-800.0]])).item(), rel=1e-6) == LOWEST
    D = FORWARD(np.full((1, 1), 7.0), np.zeros((1, 1)))
    assert pytest.approx(LOWEST * scale_of(0.25) + shift_of(0.25)) == D
    assert pytest.approx(-1.7581, abs=1e-4) == LOWEST  # Klambauer et al. 2017, before (3.3)


def test_the_way_back_is_the_slope():
    slopes = differences(complex_step, lambda A: np.sum(G * FORWARD(A, M)), Z)
    assert apart(BACK(G, M), slopes) < 1e-14
    assert apart(BACK(G, ~M), slopes) > 1e-3
