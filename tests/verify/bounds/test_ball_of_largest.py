"""Masks of the largest number, on balls: every choice of numbers inside them, tried one by one."""

from itertools import product

import numpy as np
import pytest

from reference.operations import first_largest, shares_of_largest
from verify.bounds import Ball
from verify.records.precision import FLOAT32, FLOAT64

HARDLY = 2.0**-20  # by which balls may touch that are taken to overlap


def windows(count=300):
    """Random windows of a few numbers, of which several are equal or exact: the values and the radii."""
    rng = np.random.default_rng(0)
    for _ in range(count):
        size = int(rng.integers(2, 5))
        yield rng.integers(0, 5, size).astype(float), rng.choice([0.0, 0.0, 0.5, 1.0, 2.0], size)


def every_choice(value, radius):
    """Yield every window of ends, middles and other points of the balls."""
    for choice in product(
        *(sorted({v - r, v - r / 2, v, v + r / 2, v + r}) for v, r in zip(value, radius, strict=True))
    ):
        yield np.array(choice)[None, :, None]


def ball_of(function, value, radius):
    """The value and the radius of the function's result for one window."""
    result = function(Ball(value[None, :, None], radius[None, :, None], FLOAT32))
    return (result.value, result.spread()) if isinstance(result, Ball) else (result, np.zeros(result.shape))


@pytest.mark.parametrize("function", [first_largest, shares_of_largest])
def test_the_ball_holds_every_choice(function):
    for value, radius in windows():
        middle, reach = ball_of(function, value, radius)
        for window in every_choice(value, radius):
            assert (np.abs(function(window) - middle.astype(float)) <= reach + 1e-7).all(), (value, radius, window)


@pytest.mark.parametrize("function", [first_largest, shares_of_largest])
def test_the_ball_is_no_wider_than_the_choices_need(function):
    """Each undecided number takes both of its ends, once balls that only touch overlap."""
    for value, radius in windows():
        middle, reach = ball_of(function, value, radius)
        wider = np.where(radius > 0, radius + HARDLY, 0)
        found = np.array([function(window).ravel() for window in every_choice(value, wider)]).astype(float)
        middle, reach = middle.ravel().astype(float), reach.ravel()
        if function is first_largest:
            assert ((reach > 0) == (found.min(axis=0) < found.max(axis=0))).all(), (value, radius)
        else:
            assert np.allclose((middle + reach)[reach > 1e-6], found.max(axis=0)[reach > 1e-6]), (value, radius)
            assert ((reach > 1e-6) <= (found.min(axis=0) < found.max(axis=0))).all(), (value, radius)


DECIDED = {
    "exact numbers that are equal: the first": ([3, 3, 1], [0, 0, 0.5], [1, 0, 0]),
    "a larger number behind equal ones": ([3, 3, 9], [0, 0, 1], [0, 0, 1]),
    "an exact number and one that is surely smaller": ([3, 1, 3], [0, 1, 0], [1, 0, 0]),
}
UNDECIDED = {
    "one exact number, and one that may be larger": ([3, 2], [0, 2], [1, 1]),
    "one that may be larger, and one exact number": ([2, 3], [2, 0], [1, 1]),
    "equal exact numbers, and one that may be larger": ([3, 2, 3], [0, 2, 0], [1, 1, 0]),
    "the largest is not exact": ([3, 3, 1], [1, 0, 0], [1, 1, 0]),
}


@pytest.mark.parametrize("name", DECIDED)
def test_a_decided_mask(name):
    value, radius, expected = DECIDED[name]
    mask, reach = ball_of(first_largest, np.array(value, float), np.array(radius, float))
    assert mask.ravel().tolist() == expected and not reach.any()


@pytest.mark.parametrize("name", UNDECIDED)
def test_an_undecided_mask(name):
    value, radius, expected = UNDECIDED[name]
    _, reach = ball_of(first_largest, np.array(value, float), np.array(radius, float))
    assert reach.ravel().tolist() == expected


def test_radii_of_the_last_digit_are_not_lost():
    """1 - 2^-53·0.6 is no float64 number, but these two balls overlap."""
    value, radius = np.array([1.0, 1 - 2.0**-53])[None, :, None], np.full((1, 2, 1), 2.0**-53 * 0.6)
    assert first_largest(Ball(value, radius, FLOAT64)).spread().all()
    apart = np.full((1, 2, 1), 2.0**-53 * 0.4)
    assert not isinstance(first_largest(Ball(value, apart, FLOAT64)), Ball)


def test_shares_stay_finite_and_nan_decides_nothing():
    value, radius = np.array([[0.0, 0.0, 0.0, 0.1]]).T[None], np.array([[0.0, 0.0, 0.0, 0.3]]).T[None]
    shares = shares_of_largest(Ball(value, radius, FLOAT32))
    assert np.allclose((shares.value + shares.spread()).ravel(), [1 / 3, 1 / 3, 1 / 3, 1])
    assert np.allclose((shares.value - shares.spread()).ravel(), 0, atol=1e-6)
    unknown = Ball(np.array([[[np.nan], [1.0]]]), np.ones((1, 2, 1)), FLOAT32)
    assert first_largest(unknown).spread().all() and shares_of_largest(unknown).spread().all()
