"""Witnesses of Adagrad: what Keras's tests expect, the paper's loop, and steps that shrink as 1/√t."""

import math

import numpy as np
import pytest

from reference.optimizers.adagrad import Adagrad
from tests.support.optimizer_witness import NUMBERS, after, agrees_with_keras

GOLDEN = [
    [0.9963] * 10,
    [0.9604, 0.9278, 0.9003, 0.8784, 0.8615, 0.8487, 0.8388, 0.8313, 0.8255, 0.8209],
    [0.9251, 0.8629, 0.8137, 0.7768, 0.7497, 0.7298, 0.7151, 0.704, 0.6956, 0.6891],
    [0.8903, 0.8012, 0.7342, 0.6862, 0.6521, 0.6277, 0.6099, 0.5967, 0.5867, 0.579],
    [0.856, 0.7422, 0.6604, 0.6037, 0.5644, 0.5367, 0.5168, 0.5021, 0.491, 0.4825],
]


def test_keras_expects_it():
    options = {"learning_rate": 0.2, "initial_accumulator_value": 0.3, "epsilon": 1e-6}
    agrees_with_keras(Adagrad, [0.5233, 1.5007, 2.5005, 3.5061], GOLDEN, **options)


def test_without_epsilon_it_is_the_papers_loop():
    """x - η g / √(Σ g²) of all gradients so far; δ = 0 stands on both sides of the root."""
    x, seen = 0.7, []
    found = after(Adagrad(learning_rate=0.1, initial_accumulator_value=0.0, epsilon=0.0), NUMBERS, 0.7)
    for g, value in zip(NUMBERS, found, strict=True):
        seen.append(g)
        x -= 0.1 * g / math.sqrt(sum(s * s for s in seen))
        assert value == pytest.approx(x, rel=1e-13)


def test_equal_gradients_give_steps_that_shrink_as_one_by_the_root_of_t():
    for g in (1e-3, -7.0):
        found = after(Adagrad(learning_rate=1.0, initial_accumulator_value=0.0, epsilon=0.0), [g] * 50, 0.0)
        expected = -math.copysign(1, g) * np.cumsum(1 / np.sqrt(np.arange(1, 51)))
        assert np.allclose(found, expected, rtol=1e-12)
