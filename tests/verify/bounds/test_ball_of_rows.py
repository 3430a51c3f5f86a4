"""Balls of rows that are chosen or added up by their numbers."""

import numpy as np
import pytest

from reference.operations import added_rows, chosen_rows
from verify.bounds import Ball
from verify.records.precision import FLOAT32

RNG = np.random.default_rng(3)
X = RNG.integers(5, size=(4, 6)).astype(float)
NUMBERS = np.arange(7)
D = RNG.normal(size=(4, 6, 3)).astype(np.float32)


def exact(array):
    return Ball.exact(array, FLOAT32)


def test_a_chosen_row_is_exact():
    W = RNG.normal(size=(7, 3)).astype(np.float32)
    chosen = chosen_rows(exact(W), exact(X))
    assert np.array_equal(chosen.value, W[X.astype(int)]) and not chosen.spread().any()
    wide = chosen_rows(Ball(W, np.abs(W), FLOAT32), exact(X))
    assert np.array_equal(wide.spread(), np.abs(W[X.astype(int)]))


def in_order(order, start):
    total = start.copy()
    for place in order:
        total[int(X.ravel()[place])] += D.reshape(-1, 3)[place]
    return total


@pytest.mark.parametrize("first", [0, 1])
def test_any_order_of_the_sum_lies_in_the_ball(first):
    start = (first * RNG.normal(size=(7, 3))).astype(np.float32)
    ball = added_rows(exact(start), exact(D), exact(X), NUMBERS)
    seen = [in_order(RNG.permutation(X.size), start) for _ in range(50)]
    assert all((np.abs(total - ball.value) <= ball.spread()).all() for total in seen)
    assert len({total.tobytes() for total in seen}) > 10  # the orders differ
    wrong = seen[0] + np.float32(D[0, 0] * 1e-4) * (X[0, 0] == NUMBERS)[:, None]
    assert (np.abs(wrong - ball.value) > ball.spread()).any()


def test_a_row_without_terms_and_a_single_term_are_exact():
    found = np.array([[0.0, 0.0, 2.0]])
    rows = D[:1, :3]
    ball = added_rows(exact(np.zeros(())), exact(rows), exact(found), NUMBERS)
    assert ball.spread()[0].all() and not ball.spread()[1:].any()
    assert not ball.value[[1, 3, 4, 5, 6]].any() and np.array_equal(ball.value[2], rows[0, 2])


def test_the_radius_of_a_row_goes_to_its_sum():
    ball = added_rows(exact(np.zeros(())), Ball(D, np.ones(D.shape), FLOAT32), exact(X), NUMBERS)
    counts = np.bincount(X.astype(int).ravel(), minlength=7)
    assert (ball.spread() >= counts[:, None]).all() and (ball.spread() < counts[:, None] * 1.001 + 1e-30).all()


def test_numbers_that_are_not_exact_are_refused():
    W = exact(np.ones((7, 3)))
    for numbers in (Ball(X, np.ones(X.shape), FLOAT32), exact(X + 0.5)):
        with pytest.raises(ValueError, match="whole"):
            chosen_rows(W, numbers)
        with pytest.raises(ValueError, match="whole"):
            added_rows(exact(np.zeros(())), exact(D), numbers, NUMBERS)
