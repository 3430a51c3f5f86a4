"""Witnesses of Nadam: what Keras's tests expect, a loop, and gradients that do not change."""

import math

import numpy as np
import pytest

from reference.optimizers.nadam import Nadam
from tests.support.optimizer_witness import NUMBERS, after, agrees_with_keras, steps

GOLDEN = [
    [0.4281] * 10,
    [-0.1738, -0.1731, -0.1726, -0.1723, -0.1721, -0.172, -0.1719, -0.1718, -0.1718, -0.1717],
    [-0.7115, -0.7103, -0.7096, -0.7092, -0.709, -0.7088, -0.7086, -0.7085, -0.7085, -0.7084],
    [-1.2335, -1.2322, -1.2313, -1.2309, -1.2306, -1.2304, -1.2302, -1.2301, -1.23, -1.2299],
    [-1.7492, -1.7478, -1.7469, -1.7464, -1.7461, -1.7459, -1.7457, -1.7456, -1.7455, -1.7454],
]


def test_keras_expects_it():
    options = {"learning_rate": 0.5, "beta_1": 0.5, "beta_2": 0.67, "epsilon": 1e-5}
    agrees_with_keras(Nadam, [0.4686, 1.4686, 2.4686, 3.4686], GOLDEN, **options)


def test_it_is_the_papers_loop_with_a_first_moment_that_decays_by_beta_1():
    """Dozat 2016, Algorithm 8, for each number by itself; the products of μ are taken anew in each step."""
    b1, b2, epsilon, m, v, x = 0.8, 0.9, 1e-3, 0.0, 0.0, 0.7
    mu = [b1 * (1 - 0.5 * 0.96**t) for t in range(1, len(NUMBERS) + 2)]
    found = after(Nadam(0.1, b1, b2, epsilon), NUMBERS, 0.7)
    for t, (g, value) in enumerate(zip(NUMBERS, found, strict=True), 1):
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g
        ahead = mu[t] * m / (1 - math.prod(mu[: t + 1])) + (1 - mu[t - 1]) * g / (1 - math.prod(mu[:t]))
        x -= 0.1 * ahead / (math.sqrt(v / (1 - b2**t)) + epsilon)
        assert value == pytest.approx(x, rel=1e-7)  # Keras rounds 0.96 to float32 in the update


def test_after_many_equal_gradients_a_step_is_the_learning_rate_and_the_product_is_gone():
    """μ tends to β1 and Π μ to 0, so that m̂ tends to β1 g + (1 - β1) g."""
    for g in (1e-2, -3.0):
        *_, last = steps(Nadam(0.1, epsilon=0.0), [g] * 400, 0.0)
        assert last["update_W1"] == pytest.approx(math.copysign(0.1, g), rel=1e-3)
        assert last["product_mu"] < 1e-15


def test_the_product_is_that_of_all_mu():
    found = [step["product_mu"] for step in steps(Nadam(), np.zeros((6, 2)), np.ones(2))]
    mu = [0.9 * (1 - 0.5 * 0.96**t) for t in range(1, 7)]
    assert np.allclose(found, np.cumprod(mu), rtol=1e-14)
