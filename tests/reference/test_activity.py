"""Witnesses of activity regularizers: differences, sums written out, and the division by the number of examples."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from reference.activity import Activity
from reference.network import chain
from reference.regularizers import regularizer_named
from reference.rules import rules
from tests.support.layer_witness import apart
from tests.support.witness import complex_step, differences
from verify.bounds import Ball
from verify.compare.variants import variants
from verify.records.precision import PRECISIONS
from verify.records.settings import OPTIMIZERS

A = np.random.default_rng(5).normal(size=(3, 4))


@pytest.mark.parametrize(("l1", "l2"), [(0.0, 0.25), (0.5, 0.0), (0.125, 2.0)])
def test_the_penalty_is_a_mean_over_the_examples_and_the_slope_is_its_slope(l1, l2):
    own = Activity(l1, l2)

    def smooth(Q):  # |a| without a kink, where no a changes its sign
        return (l1 * np.sum(Q * np.sign(A)) + l2 * np.sum(Q * Q)) / 3

    assert apart(own.slope(A), differences(complex_step, smooth, A)) < 1e-13
    by_hand = sum(Fraction(l1) * abs(Fraction(a)) + Fraction(l2) * Fraction(a) ** 2 for a in A.ravel().tolist()) / 3
    assert abs(own.cost(A) - float(by_hand)) < 1e-14
    assert abs(own.cost(np.vstack([A, A])) - own.cost(A)) < 1e-14  # twice the examples, the same mean
    assert own.slope(np.zeros((2, 2))).tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize(("l1", "l2"), [(0.0, 0.3), (0.7, 0.0), (0.1, 0.3)])
def test_the_bound_holds_what_float32_computes(l1, l2):
    own, Q = Activity(l1, l2), A.astype(np.float32)
    for function in (own.cost, own.slope):
        ball = function(Ball.exact(Q, PRECISIONS["float32"]))
        assert np.all(np.abs(function(Q) - ball.value) <= ball.radius) and np.all(ball.radius < 1e-5)


@pytest.mark.parametrize("text", ["activity", "activity(l1=-1.0)", "activity(l2=1)", "activity(l3=0.1)"])
def test_a_wrong_one_is_named(text):
    with pytest.raises(ValueError, match=r"activity|factor"):
        regularizer_named(text)
    assert regularizer_named("activity(l2=0.5)") == Activity(l2=0.5)


def network(*belonging):
    return replace(chain((4, 3, 2), ("relu", "softmax")), regularizers=belonging)


def test_it_belongs_to_what_a_layer_gives():
    for name, one in (("W1", Activity(0.1)), ("A9", Activity(0.1)), ("C", Activity(0.1))):
        with pytest.raises(ValueError, match="belong"):
            network((name, one))


def test_the_rules_of_a_step_with_it():
    own = network(("A1", Activity(0.1, 0.2)), ("A2", Activity(l2=0.1)))
    plan = {rule.tensor: rule for rule in rules(own, "categorical_crossentropy", OPTIMIZERS["sgd"])}
    assert plan["C"].inputs == ("C1", "penalty_A1", "penalty_A2") and plan["dA1"].inputs[0] == "A1"
    assert "dA2" in plan  # the loss alone begins at Z2
    assert list(plan).index("dA1") < list(plan).index("dZ1")
    assert own.tensor_shape("penalty_A1", 5) == () and not own.has_examples("penalty_A1") and own.has_examples("dA1")
    named = {v.name for t in ("penalty_A1", "dA1") for v in variants(plan[t], own, OPTIMIZERS["sgd"])}
    assert {"penalty not divided by the batch", "penalty divided by all numbers", "λ1 exchanged with λ2"} <= named
