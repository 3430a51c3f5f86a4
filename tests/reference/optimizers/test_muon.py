"""Witnesses of Muon: singular values, a loop of numbers, Keras's numbers, and Adam for what is no matrix.

Keras's numbers are those of float32, and its own tests allow 1e-3, 1e-2 and 1e-4: so do these. The other tolerances are
float64's rounding of a few hundred operations.
"""

import math

import numpy as np
import pytest

from reference.optimizers import optimizer_named
from reference.optimizers.adam import Adam
from reference.optimizers.muon import Muon, iterate, of_length_one
from tests.support.optimizer_witness import ONE_STEP, after, steps

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
RNG = np.random.default_rng(5)


def p(s, a, b, c):
    return a * s + b * s**3 + c * s**5


@pytest.mark.parametrize("shape", [(4, 7), (7, 4), (5, 5), (1, 6), (6, 1)])
def test_an_iteration_moves_the_singular_values_alone(shape):
    """U p(S) Vᵀ of the singular value decomposition, which the iteration does not compute."""
    X = RNG.normal(size=shape)
    U, s, V = np.linalg.svd(X / np.linalg.norm(X), full_matrices=False)
    found = iterate(X / np.linalg.norm(X), *COEFFICIENTS)
    assert np.allclose(found, (U * p(s, *COEFFICIENTS)) @ V, rtol=0, atol=1e-13)


def test_keras_expects_these_numbers_of_five_iterations():
    """test_Newton_Schulz of Keras's muon_test.py."""
    X = of_length_one(np.array([[0.2499, 0.9105], [0.2655, 0.8824]]))
    for _ in range(5):
        X = iterate(X, *COEFFICIENTS)
    assert np.allclose(X, [[-0.4422, 0.6457], [0.7285, 0.2968]], rtol=1e-3, atol=1e-3)


def test_keras_expects_these_numbers_of_a_step():
    """test_muon_single_step and test_adamw_single_step of Keras's muon_test.py."""
    own = Muon(learning_rate=0.5, weight_decay=0.0, adam_weight_decay=0.0)
    (found,) = after(own, [[[1.0, 6.0], [7.0, 2.0]]], [[1.0, 2.0], [3.0, 4.0]])
    assert np.allclose(found, [[0.988775, 1.887053], [2.873428, 3.97035]], rtol=1e-2, atol=1e-2)
    g, x = ONE_STEP
    (found,) = after(own.of("B1"), [g], x)
    assert np.allclose(found, [0.5, 1.5, 2.5, 3.5], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("nesterov", [True, False])
def test_it_is_the_papers_loop(nesterov):
    """Jordan et al. 2024, number by number, for a matrix [2, 3], with the step of Liu et al."""
    mu, rate, rms, (a, b, c) = 0.8, 0.1, 0.3, COEFFICIENTS
    gradients, W, M = RNG.normal(size=(3, 2, 3)), [[0.1, 0.2, -0.3], [0.4, 0.0, 0.5]], [[0.0] * 3, [0.0] * 3]
    own = Muon(rate, weight_decay=0.0, momentum=mu, rms_rate=rms, nesterov=nesterov, ns_steps=2.0)
    for G, value in zip(gradients, after(own, gradients, W), strict=True):
        M = [[mu * m + g for m, g in zip(*rows, strict=True)] for rows in zip(M, G, strict=True)]
        X = [[g + mu * m if nesterov else m for m, g in zip(*rows, strict=True)] for rows in zip(M, G, strict=True)]
        length = math.sqrt(sum(x * x for row in X for x in row)) + 1e-7
        X = [[x / length for x in row] for row in X]
        for _ in range(2):
            A = times(X, list(zip(*X, strict=True)))
            AA = times(A, A)
            B = [[b * x + c * y for x, y in zip(*rows, strict=True)] for rows in zip(A, AA, strict=True)]
            BX = times(B, X)
            X = [[a * x + y for x, y in zip(*rows, strict=True)] for rows in zip(X, BX, strict=True)]
        factor = rate * rms * math.sqrt(3)
        W = [[w - factor * x for w, x in zip(*rows, strict=True)] for rows in zip(W, X, strict=True)]
        assert value == pytest.approx(np.array(W), rel=1e-12)


def times(A, B):
    return [[sum(x * y for x, y in zip(row, column, strict=True)) for column in zip(*B, strict=True)] for row in A]


def test_the_update_of_a_matrix_of_full_rank_is_nearly_orthogonal():
    (step,) = steps(Muon(1.0, rms_rate=0.0, weight_decay=0.0), RNG.normal(size=(1, 6, 9)), np.zeros((6, 9)))
    assert np.all(np.abs(np.linalg.svd(step["update_W1"], compute_uv=False) - 1) < 0.4)


def test_what_moves_a_parameter():
    own = Muon(0.1, adam_beta_1=0.8, adam_weight_decay=0.2, adam_lr_ratio=0.5, by_adam=("W2",))
    assert own.of("W1") is own
    for P in ("W2", "B1", "gamma_1"):
        assert own.of(P) == Adam(0.1, beta_1=0.8, weight_decay=0.2, ratio=0.5)
    assert [rule.tensor for rule in own.of("B1").rules("B1", "16", 1, ("dB1",))][:3] == ["B1_decayed", "m_B1", "v_B1"]


def test_the_ratio_multiplies_adams_learning_rate_and_not_its_decay():
    one, other = (after(Muon(rate, adam_lr_ratio=r, adam_weight_decay=0.0).of("B1"), [[1.0, 2.0]], [0.5, 0.1])
                  for rate, r in ((0.1, 0.5), (0.05, 1.0)))  # fmt: skip
    assert np.allclose(one, other, rtol=1e-14)
    still = after(Muon(0.1, adam_lr_ratio=0.5, adam_weight_decay=0.3).of("B1"), [[0.0, 0.0]], [0.5, 0.1])
    assert np.allclose(still, np.array([0.5, 0.1]) * (1 - 0.3 * 0.1), rtol=1e-14)


@pytest.mark.parametrize("text", ["muon(ns_steps=2.5)", "muon(ns_steps=-1.0)", "muon(ns_steps=1000.0)"])
def test_a_number_of_iterations_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match="ns_steps of muon must be a whole number from 0 to 999"):
        optimizer_named(text)
