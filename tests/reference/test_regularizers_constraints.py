"""Witnesses of regularizers and constraints: the complex step, sums written out, and what a constraint leaves."""

from fractions import Fraction

import numpy as np
import pytest

from reference.constraints import Constraint, constraint_named
from reference.network import chain
from reference.regularizers import Regularizer, regularizer_named
from reference.rules import rules
from tests.support.layer_witness import apart
from tests.support.witness import complex_step, differences
from verify.compare.variants import variants
from verify.records.settings import OPTIMIZERS

W = np.random.default_rng(5).normal(size=(3, 4))


@pytest.mark.parametrize(("l1", "l2"), [(0.0, 0.25), (0.5, 0.0), (0.125, 2.0)])
def test_the_slope_is_that_of_the_penalty(l1, l2):
    own = Regularizer(l1, l2)

    def smooth(P):  # |p| without a kink, where no p changes its sign
        return l1 * np.sum(P * np.sign(W)) + l2 * np.sum(P * P)

    slopes = differences(complex_step, smooth, W)
    assert apart(own.slope(W), slopes) < 1e-13 and abs(own.cost(W) - smooth(W)) < 1e-13
    assert apart(own.slope(W) * 0.5, slopes) > 0.1
    by_hand = sum(Fraction(l1) * abs(Fraction(w)) + Fraction(l2) * Fraction(w) ** 2 for w in W.ravel().tolist())
    assert abs(own.cost(W) - float(by_hand)) < 1e-14 * 10
    assert own.slope(np.zeros(2)).tolist() == [0, 0] and np.isnan(own.slope(np.array([np.nan]))).all()


def test_what_a_constraint_leaves():
    length = {"axes": (-2,), "epsilon": 0.0}
    norms = np.sqrt((W * W).sum(axis=0))
    assert np.array_equal(Constraint().compute(W), np.where(W > 0, W, 0))
    np.testing.assert_allclose(np.linalg.norm(Constraint("unit_norm", **length).compute(W), axis=0), 1)
    limited = Constraint("norm_within", least=1.0, most=1.5, **length).compute(W)
    np.testing.assert_allclose(np.linalg.norm(limited, axis=0), np.clip(norms, 1, 1.5))
    half = Constraint("norm_within", least=0.0, most=1.0, rate=0.5, **length).compute(W)
    np.testing.assert_allclose(np.linalg.norm(half, axis=0), (np.clip(norms, 0, 1) + norms) / 2)
    for x in (limited, half):
        np.testing.assert_allclose(x / np.linalg.norm(x, axis=0), W / norms)  # no direction changes


@pytest.mark.parametrize("text", ["regularizer(l1=-1.0)", "regularizer(l2=1)", "l2", "regularizer(l3=0.1)"])
def test_a_wrong_regularizer_is_named(text):
    with pytest.raises(ValueError, match=r"regularizer|factor"):
        regularizer_named(text)
    assert str(regularizer_named("regularizer(l2=0.5)")) == "regularizer(l2=0.5)"


WRONG = [
    "constraint(form='free')",
    "constraint(axes=(0,))",
    "constraint(form='unit_norm')",
    "constraint(most=-1.0)",
    "x",
    "constraint(form='norm_within', axes=(-2,), least=2.0, most=1.0)",
]


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_constraint_is_named(text):
    with pytest.raises(ValueError):
        constraint_named(text)
    own = Constraint("norm_within", (-2,), most=3.0)
    assert constraint_named(str(own)) == own


def network(**options):
    from dataclasses import replace

    return replace(chain((4, 3, 2), ("relu", "softmax")), **options)


def test_a_network_refuses_those_of_no_parameter():
    for options in ({"regularizers": (("W9", Regularizer(l2=0.1)),)}, {"constraints": (("W1", Constraint()),) * 2}):
        with pytest.raises(ValueError, match="learned parameters"):
            network(**options)


def test_the_rules_of_a_step_with_them():
    own = network(regularizers=(("W1", Regularizer(l2=0.1)),), constraints=(("B2", Constraint()),))
    plan = {rule.tensor: rule for rule in rules(own, "mean_squared_error", OPTIMIZERS["sgd"])}
    assert plan["C"].inputs == ("C1", "penalty_W1") and plan["dW1"].inputs[-1] == "W1"
    assert plan["B2_new"].inputs == ("B2_updated",) and plan["W2_new"].inputs[0] == "W2"
    named = {v.name for t in ("penalty_W1", "dW1", "B2_new") for v in variants(plan[t], own, OPTIMIZERS["sgd"])}
    assert {"factor 2 of L2", "penalty counted twice", "constraint left out"} <= named
    assert own.tensor_shape("penalty_W1", 5) == ()
