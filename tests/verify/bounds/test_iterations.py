"""The bound of Muon's iteration holds for matrices anywhere in the ball, and does not hold for a wrong iteration."""

import numpy as np
import pytest

from reference.optimizers.muon import iterate, of_length_one
from tests.verify.bounds.test_ball import Shuffled, used
from verify.bounds import Ball
from verify.records.precision import FLOAT32

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
SHAPES = [(3, 5), (5, 3), (8, 8), (1, 7), (20, 64)]


def matrix(rng, shape, rank):
    """A matrix of length 1, of this rank or less, in float32."""
    X = rng.normal(size=(shape[0], rank)) @ rng.normal(size=(rank, shape[1]))
    return of_length_one(X).astype(np.float32)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seed", range(6))
def test_five_iterations_in_any_order_stay_inside(shape, seed):
    rng = np.random.default_rng(seed)
    X = matrix(rng, shape, 1 + seed % 3)
    found, ball = Shuffled(X, rng), Ball.exact(X, FLOAT32)
    for _ in range(5):
        ball = iterate(ball, *COEFFICIENTS)
        found = iterate(found, *COEFFICIENTS)
        assert used(ball, found.array) < 1
    assert ball.spread().max() < 0.2  # number by number it would be above 1 for most of these matrices


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("size", [1e-6, 1e-3, 0.1])
def test_any_matrix_in_the_ball_gives_one_in_the_ball(shape, size):
    """In float64: what the error of the input becomes, also where it has the direction in which it grows most."""
    rng = np.random.default_rng(1)
    X = matrix(rng, shape, 2)
    U, _, V = np.linalg.svd(X.astype(float), full_matrices=False)
    directions = [np.sign(rng.normal(size=shape)), np.outer(U[:, -1], V[-1]), np.outer(U[:, 0], V[0]), X]
    for E in (size * D / np.abs(D).max() for D in directions):
        ball, exact = Ball(X, np.abs(E), FLOAT32), X + E
        for _ in range(3):
            ball, exact = iterate(ball, *COEFFICIENTS), iterate(exact, *COEFFICIENTS)
            assert np.all(np.abs(exact - ball.value) <= ball.spread())


def test_the_length_of_the_error_bounds_more_tightly_than_its_numbers():
    rng = np.random.default_rng(2)
    ball = Ball.exact(matrix(rng, (20, 64), 20), FLOAT32)
    plain = ball
    for _ in range(5):
        ball = iterate(ball, *COEFFICIENTS)
        plain = Ball(*(lambda x: (x.value, x.spread()))(by_numbers(plain)), FLOAT32)
    assert ball.spread().max() < 0.1 < 100 < plain.spread().max()


def by_numbers(X):
    """One iteration of balls without the bound on the length."""
    from reference.optimizers.muon import iterated

    constants = (Ball.constant(c, FLOAT32) for c in COEFFICIENTS)
    return iterated.__wrapped__(X, *constants)


@pytest.mark.parametrize("factor", [1 - 1e-4, 1 + 1e-4])
def test_a_wrong_iteration_leaves_the_ball(factor):
    X = matrix(np.random.default_rng(3), (8, 8), 8)
    ball = iterate(Ball.exact(X, FLOAT32), *COEFFICIENTS)
    wrong = iterate(X.astype(float), *(c * factor for c in COEFFICIENTS))
    assert np.any(np.abs(wrong - ball.value) > ball.spread())


def test_an_infinite_radius_remains():
    ball = iterate(Ball(np.ones((2, 3)) / 3, np.full((2, 3), np.inf), FLOAT32), *COEFFICIENTS)
    assert not np.isfinite(ball.spread()).any()
