"""Witnesses of Adafactor: the paper's sums number by number, and the steps that Keras's own tests expect.

Keras's numbers have four digits, and its own tests allow 1e-4, or 5e-4 after five steps: so do these. The other
tolerances are float64's rounding of a few hundred operations.
"""

import math

import numpy as np
import pytest

from reference.optimizers import optimizer_named
from reference.optimizers.adafactor import Adafactor
from tests.support.optimizer_witness import DECAYED, KERAS_STEPS, ONE_STEP, after, steps

RNG = np.random.default_rng(6)


def of_vectors(**options):
    return Adafactor(**options).of("B1")


def test_keras_expects_it_of_a_vector():
    g, x = ONE_STEP
    (found,) = after(of_vectors(learning_rate=0.5), [g], x)
    assert np.allclose(found, [-0.3693, 0.6307, 1.6307, 2.6307], rtol=1e-4, atol=1e-4)
    decayed = after(of_vectors(learning_rate=1.0, weight_decay=0.004), [0.0] * 3, 2.0)
    assert abs(decayed[-1] - DECAYED) < 1e-6


def test_keras_expects_it_of_a_matrix():
    """test_single_step_2d of Keras's adafactor_test.py."""
    (found,) = after(Adafactor(0.5), [[[1.0, 6.0], [7.0, 2.0]]], [[1.0, 2.0], [3.0, 4.0]])
    assert np.allclose(found, [[0.7007, -0.0081], [1.2492, 3.4407]], rtol=1e-4, atol=1e-4)


GOLDEN = [
    [0.55] * 10,
    [0.3031, 0.3026, 0.3025, *[0.3024] * 7],
    [0.1671, 0.1665, *[0.1663] * 8],
    [0.0923, 0.0916, 0.0915, *[0.0914] * 7],
    [0.0554, 0.0548, *[0.0546] * 5, *[0.0545] * 3],
]


def test_keras_expects_it_of_five_steps():
    """test_correctness_with_golden: relative_step=False, and yet the last step is that of 1/√5, not of 0.5."""
    options = {"beta_2_decay": -0.65, "epsilon_1": 1e-15, "epsilon_2": 1e-4, "clip_threshold": 0.9}
    found = after(of_vectors(learning_rate=0.5, relative_step=False, **options), KERAS_STEPS, np.ones(10))
    assert np.allclose(found, GOLDEN, rtol=5e-4, atol=5e-4)
    same = after(of_vectors(learning_rate=0.5, **options), KERAS_STEPS, np.ones(10))
    assert np.array_equal(found, same)


def test_it_is_algorithm_4_of_the_paper_with_sums():
    """R and C are sums there, v = R C / ΣR; û and the relative step as in the paper, with α in place of 0.01."""
    gradients, W = RNG.normal(size=(4, 2, 3)), RNG.normal(size=(2, 3))
    own, e1, e2, d, rate = Adafactor(0.6, -0.7, 1e-4, 0.1, 0.8), 1e-4, 0.1, 0.8, 0.6
    R, C = [0.0] * 2, [0.0] * 3
    for t, (G, value) in enumerate(zip(gradients, after(own, gradients, W), strict=True), 1):
        beta = 1 - t**-0.7
        R = [beta * R[i] + (1 - beta) * sum(G[i][j] ** 2 + e1 for j in range(3)) for i in range(2)]
        C = [beta * C[j] + (1 - beta) * sum(G[i][j] ** 2 + e1 for i in range(2)) for j in range(3)]
        U = [[G[i][j] / math.sqrt(R[i] * C[j] / sum(R)) for j in range(3)] for i in range(2)]
        long = max(1, math.sqrt(sum(x * x for row in U for x in row) / 6) / d)
        step = max(e2, math.sqrt(sum(x * x for x in np.ravel(W).tolist()) / 6)) * min(rate, 1 / math.sqrt(t))
        W = [[W[i][j] - step * U[i][j] / long for j in range(3)] for i in range(2)]
        assert value == pytest.approx(np.array(W), rel=1e-12)


def test_a_kernel_is_factored_along_its_last_two_axes():
    """Each [k, n] of a gradient [2, k, n] has a v of its own; a gradient of rank 1 gives its own squares."""
    g = np.einsum("h,k,n->hkn", [1.0, -3.0], RNG.normal(size=4), RNG.normal(size=3))
    (step,) = steps_of_kernel(g)
    assert step["r_W1"].shape == (2, 4) and step["c_W1"].shape == (2, 3)
    assert np.allclose(step["v_W1"], g * g, rtol=1e-12)


def steps_of_kernel(g):
    own, known = Adafactor(0.1), {"W1": np.ones(g.shape), "dW1": g, "t": 1.0, "alpha": 0.1}
    known |= {"r_W1_before": np.zeros(g.shape[:-1]), "c_W1_before": np.zeros((g.shape[0], g.shape[2]))}
    for rule in own.rules("W1", "15", 1, ("dW1",)):
        known[rule.tensor] = rule(known)
    yield known


def test_a_step_has_the_size_of_the_parameters():
    found = list(steps(Adafactor(0.01), RNG.normal(size=(3, 5, 4)), RNG.normal(size=(5, 4))))
    for step in found:
        size = math.sqrt(np.mean(step["W1"] ** 2))
        assert math.sqrt(np.mean(step["update_W1"] ** 2)) <= 0.01 * size * (1 + 1e-12)


def test_a_threshold_of_0_is_refused():
    with pytest.raises(ValueError, match="clip_threshold of adafactor must not be 0"):
        optimizer_named("adafactor(clip_threshold=0.0)")
