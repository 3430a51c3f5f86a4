"""Witnesses of the orthogonal regularizer: differences, cosines pair by pair, and matrices of which it is known."""

from itertools import combinations

import numpy as np
import pytest

from reference.network import chain
from reference.orthogonal import EPSILON, Orthogonal
from reference.regularizers import regularizer_named
from reference.rules import rules
from tests.support.layer_witness import apart
from verify.bounds import Ball
from verify.compare.variants import variants
from verify.records.precision import PRECISIONS
from verify.records.settings import OPTIMIZERS

W = np.random.default_rng(5).normal(size=(3, 4))


def by_pairs(P, factor, mode):
    """The penalty as a mean over pairs of vectors, each cosine by itself."""
    vectors = P if mode == "rows" else P.T
    sizes = [abs(u @ v) / np.linalg.norm(u) / np.linalg.norm(v) for u, v in combinations(vectors, 2)]
    return factor * np.mean(sizes)


@pytest.mark.parametrize("mode", ["rows", "columns"])
def test_the_penalty_is_the_mean_over_pairs_and_the_slope_is_its_slope(mode):
    own, step = Orthogonal(0.25, mode), 1e-6
    assert abs(own.cost(W) - by_pairs(W, 0.25, mode)) < 1e-15
    slopes = np.zeros_like(W)
    for index in np.ndindex(W.shape):
        moved = np.zeros_like(W)
        moved[index] = step
        slopes[index] = (by_pairs(W + moved, 0.25, mode) - by_pairs(W - moved, 0.25, mode)) / (2 * step)
    assert apart(own.slope(W), slopes) < 1e-8
    other = Orthogonal(0.25, "rows" if mode == "columns" else "columns")
    assert apart(other.slope(W), slopes) > 0.01 and abs(own.cost(W) - other.cost(W)) > 1e-3


def test_of_orthogonal_equal_and_empty_vectors():
    assert Orthogonal(0.5).cost(np.eye(3)) == 0 and not Orthogonal(0.5).slope(np.eye(3)).any()
    assert Orthogonal(0.5).cost(np.full((3, 4), 0.5)) == 0.5  # all cosines are 1
    with_zeros = W * np.array([[1.0], [0.0], [1.0]])
    with np.errstate(divide="raise", invalid="raise"):
        assert np.isfinite(Orthogonal(0.5).cost(with_zeros))
        assert not Orthogonal(0.5).slope(with_zeros)[1].any()
    short = np.array([[EPSILON / 2, 0.0], [1.0, 1.0]])  # shorter than ε: divided by ε, not by its length
    assert abs(Orthogonal(0.5).cost(short) - 0.5 * 0.5 / np.sqrt(2)) < 1e-15


@pytest.mark.parametrize("mode", ["rows", "columns"])
def test_the_bound_holds_what_float32_computes(mode):
    own, P = Orthogonal(0.1, mode), W.astype(np.float32)
    for function in (own.cost, own.slope):
        ball = function(Ball.exact(P, PRECISIONS["float32"]))
        error = np.abs(function(P) - ball.value)
        assert np.all(error <= ball.radius) and np.all(ball.radius < 1e-6)


def test_an_undecided_sign_has_a_bound_that_holds_both():
    P = np.array([[1.0, 1.0], [1.0, -1.0], [0.5, 2.0]], dtype=np.float32)  # the first two rows are orthogonal
    ball = Orthogonal(0.1).slope(Ball.exact(P, PRECISIONS["float32"]))
    exact = Orthogonal(0.1).slope(P.astype(float))
    turned = Orthogonal(0.1).slope(P.astype(float) + np.array([[1e-9, 0], [0, 0], [0, 0]]))
    for slope in (exact, turned):
        assert np.all(np.abs(slope - ball.value) <= ball.radius + 1e-8)
    assert np.abs(turned - exact).max() > 1e-3


@pytest.mark.parametrize(
    "text", ["orthogonal(factor=-1.0)", "orthogonal(mode='both')", "orthogonal(factor=1)", "orthogonal(l1=0.1)"]
)
def test_a_wrong_one_is_named(text):
    with pytest.raises(ValueError, match=r"orthogonal|factor"):
        regularizer_named(text)
    own = Orthogonal(0.5, "columns")
    assert regularizer_named(str(own)) == own


def test_its_rules_have_variants():
    from dataclasses import replace

    own = replace(chain((4, 3, 2), ("relu", "softmax")), regularizers=(("W1", Orthogonal(0.1)),))
    plan = {rule.tensor: rule for rule in rules(own, "mean_squared_error", OPTIMIZERS["sgd"])}
    named = {t: {v.name for v in variants(plan[t], own, OPTIMIZERS["sgd"])} for t in ("penalty_W1", "dW1")}
    both = {"squares of the cosines", "rows for columns, or columns for rows", "penalty counted twice"}
    assert named["penalty_W1"] >= both | {"diagonal not removed"} and named["dW1"] >= both
