"""Witnesses of Adamax: what Keras's tests expect, the paper's loop, and the bound of its steps."""

import numpy as np
import pytest

from reference.optimizers.adamax import Adamax
from tests.support.optimizer_witness import NUMBERS, after, agrees_with_keras, steps

GOLDEN = [
    [0.8] * 10,
    [0.6827, 0.6873, 0.6888, 0.6896, 0.6901, 0.6904, 0.6906, 0.6908, 0.6909, 0.691],
    [0.5333, 0.5407, 0.5431, 0.5444, 0.5451, 0.5456, 0.546, 0.5462, 0.5464, 0.5466],
    [0.368, 0.3773, 0.3804, 0.382, 0.3829, 0.3835, 0.384, 0.3843, 0.3846, 0.3848],
    [0.1933, 0.204, 0.2076, 0.2094, 0.2105, 0.2112, 0.2117, 0.2121, 0.2124, 0.2126],
]


def test_keras_expects_it():
    options = {"learning_rate": 0.2, "beta_1": 0.85, "beta_2": 0.95, "epsilon": 1e-6}
    agrees_with_keras(Adamax, [0.5, 1.5, 2.5, 3.5], GOLDEN, **options)


def test_it_is_algorithm_2_of_the_paper():
    """Kingma & Ba 2015: m, u = max(β2 u, |g|), θ - α / (1 - β1^t) · m / u."""
    m = u = 0.0
    theta = 0.7
    found = after(Adamax(0.1, 0.8, 0.9, epsilon=0.0), NUMBERS, 0.7)
    for t, (g, value) in enumerate(zip(NUMBERS, found, strict=True), 1):
        m = 0.8 * m + 0.2 * g
        u = max(0.9 * u, abs(g))
        theta -= 0.1 / (1 - 0.8**t) * m / u
        assert value == pytest.approx(theta, rel=1e-13)


def test_u_is_the_limit_of_adams_v_for_powers_that_grow():
    """Section 7.1: u_t is the limit of (β2^p v + (1 - β2^p) |g|^p)^(1/p)."""
    *_, last = steps(Adamax(beta_2=0.9), NUMBERS, 0.0)
    p, v = 200, 0.0
    for g in NUMBERS:
        v = 0.9**p * v + (1 - 0.9**p) * abs(g) ** p
    assert last["u_W1"] == pytest.approx(v ** (1 / p), rel=0.01)


def test_gradients_that_differ_by_a_factor_give_the_same_steps():
    gradients = np.random.default_rng(0).normal(size=(20, 4))
    found = after(Adamax(0.1, epsilon=0.0), gradients, np.zeros(4))
    assert np.allclose(found, after(Adamax(0.1, epsilon=0.0), gradients * (1e-3, 7, 1e3, 1), np.zeros(4)), rtol=1e-12)
    first = next(steps(Adamax(0.1, epsilon=0.0), gradients, np.zeros(4)))
    assert np.allclose(np.abs(first["update_W1"]), 0.1, rtol=1e-12)
