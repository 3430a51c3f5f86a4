"""Witnesses of Lamb: what Keras's tests expect, the paper's loop, and the length of its steps."""

import math

import numpy as np
import pytest

from reference.optimizers.lamb import Lamb
from tests.support.optimizer_witness import after, agrees_with_keras, steps

GRADIENTS = [(0.3, -0.2, 0.05), (-0.1, 0.4, 0.0), (0.2, 0.2, -1.5), (1e-3, 0.1, 0.3)]


def test_keras_expects_it():
    agrees_with_keras(Lamb, [-0.3693, 0.6306, 1.6306, 2.6306], [[0.999], [0.9982], [0.9974], [0.9965], [0.9955]])


def test_it_is_algorithm_2_of_the_paper_without_its_decay():
    """You et al. 2019: m, v, r = m̂ / (√v̂ + ε), x - α ‖x‖ / ‖r‖ r; lists of numbers, one by one."""
    b1, b2, epsilon, x = 0.8, 0.9, 1e-3, [0.7, -0.2, 1.1]
    m, v = [0.0] * 3, [0.0] * 3
    found = after(Lamb(0.1, b1, b2, epsilon), GRADIENTS, x)
    for t, (g, value) in enumerate(zip(GRADIENTS, found, strict=True), 1):
        m = [b1 * a + (1 - b1) * b for a, b in zip(m, g, strict=True)]
        v = [b2 * a + (1 - b2) * b * b for a, b in zip(v, g, strict=True)]
        r = [a / (1 - b1**t) / (math.sqrt(b / (1 - b2**t)) + epsilon) for a, b in zip(m, v, strict=True)]
        phi = math.hypot(*x) / math.hypot(*r)
        x = [a - 0.1 * phi * b for a, b in zip(x, r, strict=True)]
        assert value == pytest.approx(x, rel=1e-13)


def test_a_step_has_the_length_of_the_parameters_times_the_learning_rate():
    found = list(steps(Lamb(0.1), GRADIENTS, (0.7, -0.2, 1.1)))
    for step in found:
        assert np.linalg.norm(step["update_W1"]) == pytest.approx(0.1 * np.linalg.norm(step["W1"]), rel=1e-13)


def test_where_a_length_is_0_the_ratio_is_1():
    first = next(steps(Lamb(0.1, epsilon=0.0), GRADIENTS, np.zeros(3)))
    assert np.allclose(first["update_W1"], 0.1 * np.sign(GRADIENTS[0]), rtol=1e-12)
    still = next(steps(Lamb(0.1), np.zeros((1, 3)), np.ones(3)))
    assert not still["update_W1"].any()
