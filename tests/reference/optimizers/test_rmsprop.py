"""Witnesses of RMSprop: what Keras's tests expect, the papers' loop, and a gradient that does not change."""

import math

import numpy as np
import pytest

from reference.optimizers.rmsprop import RMSprop
from tests.support.optimizer_witness import NUMBERS, after, agrees_with_keras, steps


def test_keras_expects_it():
    agrees_with_keras(
        RMSprop, [-0.5811, 0.4189, 1.4189, 2.4189], [[0.9967], [0.9933], [0.9908], [0.9885], [0.9864]], centered=True
    )


def graves(gradients, x, rate, rho, momentum, epsilon, centered):
    """Graves 2013, (38) to (41), on one number; without `centered` g stays 0."""
    n = g = delta = 0.0
    for error in gradients:
        n = rho * n + (1 - rho) * error**2
        g = rho * g + (1 - rho) * error if centered else 0.0
        delta = momentum * delta - rate * error / math.sqrt(n - g**2 + epsilon)
        x += delta
        yield x


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("centered", [False, True])
def test_it_is_graves_loop(momentum, centered):
    """Where he has 0.95, 0.9, 1e-4 and 1e-4, any numbers may stand."""
    own = RMSprop(learning_rate=0.01, rho=0.95, momentum=momentum, epsilon=1e-4, centered=centered)
    expected = list(graves(NUMBERS, 0.7, 0.01, 0.95, momentum, 1e-4, centered))
    assert np.allclose(after(own, NUMBERS, 0.7), expected, rtol=1e-13)
    assert not np.allclose(expected, list(graves(NUMBERS, 0.7, 0.01, 0.95, momentum, 1e-4, not centered)), rtol=1e-3)


def test_a_gradient_that_does_not_change_gives_steps_of_the_learning_rate():
    """Then v tends to g², and a step to η sign(g), whatever the size of g is."""
    for g in (1e-2, -3.0, 50.0):
        *_, last = steps(RMSprop(learning_rate=0.1), [g] * 300, 0.0)
        assert last["update_W1"] == pytest.approx(math.copysign(0.1, g), rel=1e-3)


def test_centered_it_does_not_feel_a_constant_added_to_its_moments():
    """v - ḡ² is the variance of the gradients seen: 0 for equal gradients, once they are all that is remembered."""
    *_, last = steps(RMSprop(centered=True, epsilon=0.0), [2.0] * 400, 0.0)
    assert last["v_W1"] - last["g_W1"] ** 2 == pytest.approx(0.0, abs=1e-12)
