"""Witnesses of Ftrl: what Keras's tests expect, the paper's loop, and the minimum that the paper states."""

import math

import numpy as np
import pytest

from reference.optimizers.ftrl import Ftrl
from tests.support.optimizer_witness import KERAS_STEPS, NUMBERS, ONE_STEP, after, steps

GOLDEN = [
    [0.0] * 10,
    [-0.0034, -0.0077, -0.0118, -0.0157, -0.0194, -0.023, -0.0263, -0.0294, -0.0325, -0.0354],
    [-0.0078, -0.0162, -0.0242, -0.0317, -0.0387, -0.0454, -0.0516, -0.0575, -0.0631, -0.0685],
    [-0.0121, -0.0246, -0.0363, -0.0472, -0.0573, -0.0668, -0.0757, -0.0842, -0.0922, -0.0999],
    [-0.0164, -0.0328, -0.0481, -0.0623, -0.0753, -0.0875, -0.099, -0.1098, -0.1201, -0.1299],
]


def test_keras_expects_it():
    g, x = ONE_STEP
    one = after(Ftrl(learning_rate=0.5), [g], x)
    assert np.allclose(one, [0.2218, 1.3954, 2.3651, 2.8814], rtol=1e-4, atol=1e-4)
    own = Ftrl(0.05, -0.2, 0.4, 0.05, 0.15, 0.01, 0.3)
    assert np.allclose(after(own, KERAS_STEPS, np.ones(10)), GOLDEN, rtol=5e-4, atol=5e-4)


def test_with_half_of_lambda_2_it_is_the_papers_algorithm_1():
    """McMahan et al. 2013: w from z and n, then σ = (√(n + g²) - √n) / α, z + g - σ w, n + g²; Keras begins with w."""
    alpha, beta, one, two = 0.1, 0.5, 0.05, 0.3
    z = n = 0.0
    own = Ftrl(alpha, initial_accumulator_value=0.0, l1_regularization_strength=one, l2_regularization_strength=two / 2,
               beta=beta)  # fmt: skip
    found, w = after(own, NUMBERS, 0.0), 0.0
    for g, value in zip(NUMBERS, found, strict=True):
        sigma = (math.sqrt(n + g * g) - math.sqrt(n)) / alpha
        z, n = z + g - sigma * w, n + g * g
        w = 0.0 if abs(z) <= one else -(z - math.copysign(one, z)) / ((beta + math.sqrt(n)) / alpha + two)
        assert value == pytest.approx(w, rel=1e-12, abs=1e-15)
    assert found.any()


def test_its_parameters_are_the_minimum_of_what_the_paper_minimises():
    """Σ g·w + ½ Σ σ (w - w_s)² + λ1 |w|, section 3: w_t is the minimum, so that no number near it gives less."""
    alpha, one, gradients = 0.1, 0.02, np.array([0.3, -0.5, 0.2, 0.7])
    own = Ftrl(alpha, initial_accumulator_value=0.0, l1_regularization_strength=one)
    w, sigmas, before = [0.0], [], 0.0
    for step in steps(own, gradients, 0.0):
        sigmas.append((math.sqrt(step["n_W1"]) - before) / alpha)
        before = math.sqrt(step["n_W1"])
        w.append(float(step["W1_new"]))

        def objective(x):
            seen = len(sigmas)
            past = sum(s * (x - v) ** 2 / 2 for s, v in zip(sigmas, w[:seen], strict=True))
            return gradients[:seen].sum() * x + past + one * abs(x)

        assert all(objective(w[-1]) <= objective(w[-1] + d) for d in (-1e-3, -1e-5, 1e-5, 1e-3))


@pytest.mark.parametrize("power", [0.5, -1.5])
def test_a_power_for_which_there_is_no_bound_is_refused(power):
    with pytest.raises(ValueError, match="learning_rate_power of ftrl must be from -1 to 0"):
        Ftrl(learning_rate_power=power)
