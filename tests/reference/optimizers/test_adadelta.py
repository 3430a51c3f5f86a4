"""Witnesses of Adadelta: what Keras's tests expect, the paper's loop, and steps in the unit of the parameter."""

import math

import numpy as np
import pytest

from reference.optimizers.adadelta import Adadelta
from tests.support.optimizer_witness import NUMBERS, after, agrees_with_keras


def test_keras_expects_it():
    golden = [[0.9978], [0.9947], [0.9915], [0.9882], [0.9849]]
    options = {"learning_rate": 1.0, "rho": 0.8, "epsilon": 1e-6}
    agrees_with_keras(Adadelta, [0.9993, 1.9993, 2.9993, 3.9993], golden, **options)


@pytest.mark.parametrize("rate", [1.0, 0.3])
def test_it_is_zeilers_algorithm_1(rate):
    """Zeiler 2012: E[g²], then Δx = -RMS[Δx] / RMS[g] · g with the RMS of the steps before, then E[Δx²], then x."""
    rho, epsilon, x, of_g, of_x = 0.9, 1e-4, 0.7, 0.0, 0.0
    for g, value in zip(NUMBERS, after(Adadelta(rate, rho, epsilon), NUMBERS, 0.7), strict=True):
        of_g = rho * of_g + (1 - rho) * g * g
        delta = -math.sqrt(of_x + epsilon) / math.sqrt(of_g + epsilon) * g
        of_x = rho * of_x + (1 - rho) * delta * delta
        x += rate * delta
        assert value == pytest.approx(x, rel=1e-13)


def test_without_epsilon_gradients_of_any_size_give_the_same_steps():
    """Section 3.3: the step has the unit of x, so that it does not depend on the unit of the gradient."""
    gradients = np.array(NUMBERS)
    first = after(Adadelta(1.0, epsilon=1e-12), gradients, 0.0)
    assert np.allclose(after(Adadelta(1.0, epsilon=1e-12), gradients * 1e3, 0.0), first, rtol=1e-6)
