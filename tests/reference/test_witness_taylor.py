"""The essay's network: what is left of the cost after its linear term shrinks as h², not as h.

An order needs no tolerance: a gradient that is off by any factor leaves a term in h, however small, and
that term is all that remains as h shrinks.
"""

import numpy as np
import pytest

from reference.network import ESSAY
from reference.rules import LOSSES
from tests.support.witness import WRONG, direction, drawn, evaluate, wrong_gradient

STEPS = 2.0 ** -np.arange(14, 20)


def order(cost, wrong=None):
    """The slope of log |C(θ + hδ) - C(θ) - h ∇C·δ| over log h, δ random over all 109,386 parameters."""
    known, delta = drawn(ESSAY, batch=4, seed=1), direction(ESSAY, np.random.default_rng(101))
    here = evaluate(ESSAY, cost, known, wrong=wrong)
    slope = sum(np.sum(here[f"d{P}"] * delta[P]) for P in delta)
    remainders = []
    for h in STEPS:
        there = evaluate(ESSAY, cost, known | {P: known[P] + h * delta[P] for P in delta}, phases=("forward",))
        assert all(np.array_equal(there[Z] > 0, here[Z] > 0) for Z in ("Z1", "Z2")), "a ReLU switched: no Taylor series"
        remainders.append(abs(there["C"] - here["C"] - h * slope))
    assert min(remainders) > 256 * np.spacing(here["C"]), "rounding dominates"
    return np.polyfit(np.log(STEPS), np.log(remainders), 1)[0]


@pytest.mark.parametrize("cost", LOSSES)
def test_the_remainder_is_of_second_order(cost):
    assert abs(order(cost) - 2) < 0.05


@pytest.mark.parametrize("cost", LOSSES)
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_gradient_leaves_a_remainder_of_first_order(name, cost):
    assert abs(order(cost, wrong_gradient(name, ESSAY, cost, 1.001)) - 1) < 0.05
