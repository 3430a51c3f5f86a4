"""The bounds of single numbers of a product are those of the balls, and where they are not known, that is said."""

import numpy as np
import pytest

from reference.feedforward import weighted_sum
from verify.bounds import Ball
from verify.lockstep import sparse_product as products
from verify.records.precision import FLOAT32, FLOAT64

SUMMED = [(1, 0), (0, 0), (1, 1)]


def operands(summed, dtype="float32", bias=True, seed=0):
    """Eighths, so that every order of summation gives the same numbers."""
    rng = np.random.default_rng(seed)
    a, b, c = ((rng.integers(-16, 17, size=shape) / 8).astype(dtype) for shape in ((5, 7), (7, 4), (1, 4)))
    a[rng.random(a.shape) < 0.4] = 0
    b[:, 2] = 0
    row = (c,) if bias else ()
    return (a if summed[0] == 1 else a.T.copy(), b if summed[1] == 0 else b.T.copy(), *row), (a, b, *row)


@pytest.mark.parametrize("precision", [FLOAT32, FLOAT64])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("summed", SUMMED)
def test_the_bound_is_that_of_the_balls(summed, bias, precision):
    given, matrices = operands(summed, precision.name, bias)
    balls = [Ball.exact(x, precision) for x in matrices]
    ball = weighted_sum(*balls) if bias else balls[0] @ balls[1]
    rng = np.random.default_rng(1)
    for share in (0.1, 0.9, 1.1):
        found = (ball.value + share * ball.spread() * rng.choice([-1, 1], ball.shape)).astype(precision.name)
        error = np.abs(found - ball.value)
        right = rng.random(found.shape) < 0.5
        expected = np.max((error / np.where(error, ball.spread(), 1))[~right])
        used = products.utilisation(given, summed, found, right, precision)
        assert used == (pytest.approx(expected, rel=1e-12) if (error <= ball.spread())[~right].all() else np.inf)
        assert products.utilisation(given, summed, found, np.ones_like(right), precision) == 0


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_are_outside(value):
    given, (a, b, row) = operands((1, 0))
    found = a @ b + row
    right = np.ones(found.shape, bool)
    right[3, 1] = False
    found[3, 1] = value
    assert products.utilisation(given, (1, 0), found, right, FLOAT32) == np.inf
    for k in range(3):
        bad = [x.copy() for x in given]
        bad[k][(0, 1) if k == 2 else (3, 2) if k == 0 else (2, 1)] = value
        assert products.utilisation(tuple(bad), (1, 0), a @ b + row, right, FLOAT32) == np.inf


def test_what_is_not_known_here_is_said():
    """A number so small that arithmetic may take it for 0; operands that do not fit; a product of single numbers."""
    given, (a, b, row) = operands((1, 0))
    found, right = a @ b + row, np.zeros((5, 4), bool)
    for k in range(3):
        faint = [x.copy() for x in given]
        faint[k].flat[1] = FLOAT32.tiny / 4
        assert products.utilisation(tuple(faint), (1, 0), found, right, FLOAT32) is None
    for other in ((a.T, b, row), (a, b, row[:, :3]), (a[0], b, row), (a[:, :1], b[:1], row)):
        assert products.utilisation(other, (1, 0), found, right, FLOAT32) is None
    assert products.utilisation(given, (1, 0), found[:4], right[:4], FLOAT32) is None
