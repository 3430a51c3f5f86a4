"""The equations one element at a time, in rational numbers, on inputs at which float64 rounds nothing.

Inputs are small integers over powers of two, batches and outputs powers of two where something is divided by
their number; then both sides are exact and == is the comparison.
"""

import math
from fractions import Fraction
from functools import partial

import numpy as np
import pytest

from reference import adam, backprop, descent, feedforward, loss
from reference.layers.linear import linear_backward
from reference.layers.relu import relu, relu_slope
from reference.layers.softmax import softmax_backward, softmax_jacobian
from tests.support.scalar_forms import G_NEXT, POWERS, W_NEXT, A, B, G, N, W, X, Z, is_exact, k, m, n, y

ROOTS = np.array([0.75, 1.75, 3.75])  # plus ε = 1/4: powers of two
GRADIENTS = np.array([-2.0, 0.5, 3.0])


def root(q):
    """The square root of a rational number that has a rational one."""
    found = Fraction(math.isqrt(q.numerator), math.isqrt(q.denominator))
    assert found * found == q
    return found


def algorithm_1(m, v, t, alpha, beta_1, beta_2, epsilon, i):
    """Appendix A, its last three lines, for one parameter."""
    return alpha * (m[i] / (1 - beta_1**t)) / (root(v[i] / (1 - beta_2**t)) + epsilon)


def epsilon_hat(m, v, t, alpha, beta_1, beta_2, epsilon, i):
    """Kingma & Ba, end of section 2, for one parameter."""
    return alpha * (root(1 - beta_2**t) / (1 - beta_1**t)) * m[i] / (root(v[i]) + epsilon)


def adams(t, beta_1, beta_2):
    """Moments whose corrections 1 - β^t divide out, ε, and the coefficients."""
    moments = GRADIENTS * (1 - beta_1**t), ROOTS**2 * (1 - beta_2**t)
    return *moments, t, 0.125, beta_1, beta_2, 0.25


# name: the function, its inputs, the shape of its result, and one element of it in terms of theirs
FORMS = {
    "(1) node_sum": (
        feedforward.node_sum,
        (X[0], W[:, 1], 0.375),
        (),
        lambda x, w, b: x[0] * w[0] + x[1] * w[1] + x[2] * w[2] + b,
    ),
    "(2) node_dot": (
        feedforward.node_dot,
        (X[0], W[:, 1], 0.375),
        (),
        lambda x, w, b: x[0] * w[0] + x[1] * w[1] + x[2] * w[2] + b,
    ),
    "(8a) weighted_sum": (
        feedforward.weighted_sum,
        (X, W, B),
        (N, n),
        lambda X, W, B, e, j: sum(X[e, i] * W[i, j] for i in range(m)) + B[0, j],
    ),
    "(3) node_activation": (partial(feedforward.node_activation, f=relu), (-1.5,), (), lambda z: max(z, 0)),
    "(7a) relu": (relu, (Z,), (N, n), lambda Z, e, j: Z[e, j] if Z[e, j] >= 0 else 0),
    "(20a) activation_gradient": (
        backprop.activation_gradient,
        (G_NEXT, W_NEXT),
        (N, n),
        lambda dZ, W, e, j: sum(W[j, i] * dZ[e, i] for i in range(k)),
    ),
    "(18b) sum_gradient": (
        partial(backprop.sum_gradient, slope=relu_slope),
        (G, Z),
        (N, n),
        lambda dA, Z, e, j: dA[e, j] if Z[e, j] > 0 else 0,
    ),
    "(18b) sum_gradient, linear": (
        linear_backward,
        (G, Z),
        (N, n),
        lambda dA, Z, e, j: dA[e, j],
    ),
    "(22) weight_gradient": (
        backprop.weight_gradient,
        (X, Z),
        (m, n),
        lambda A, dZ, i, j: sum(A[e, i] * dZ[e, j] for e in range(N)),
    ),
    "(22) bias_gradient": (backprop.bias_gradient, (Z,), (1, n), lambda dZ, _, j: sum(dZ[e, j] for e in range(N))),
    "(12) squared_error": (
        loss.squared_error,
        (A, y),
        (N,),
        lambda A, y, e: sum((y[e, i] - A[e, i]) ** 2 for i in range(n)),
    ),
    "(14) batch_mean": (loss.batch_mean, (A[:, 0],), (), lambda costs: sum(costs) / N),
    "(12) mean_squared_error": (
        loss.mean_squared_error,
        (A, y),
        (),
        lambda A, y: sum((y[e, i] - A[e, i]) ** 2 for e in range(N) for i in range(n)) / (n * N),
    ),
    "(12) mean_squared_error_slope": (
        loss.mean_squared_error_slope,
        (A, y),
        (N, n),
        lambda A, y, e, i: 2 * (A[e, i] - y[e, i]) / (n * N),
    ),
    "(19) softmax_jacobian": (
        softmax_jacobian,
        (A,),
        (N, n, n),
        lambda A, e, i, j: A[e, i] * ((i == j) - A[e, j]),
    ),
    "(19) softmax_backward": (
        softmax_backward,
        (G, A),
        (N, n),
        lambda dA, A, e, j: sum(dA[e, i] * A[e, i] * ((i == j) - A[e, j]) for i in range(n)),
    ),
    "(20b) crossentropy_slope": (loss.crossentropy_slope, (POWERS, y), (N, n), lambda A, y, e, i: -y[e, i] / A[e, i]),
    "(17) crossentropy_backward_long": (
        loss.crossentropy_backward_long,
        (POWERS, y),
        (N, n),
        lambda A, y, e, j: (sum(y[e, i] * A[e, j] for i in range(n)) - y[e, j]) / N,
    ),
    "(19) mean_squared_error_backward": (
        loss.mean_squared_error_backward,
        (A, y),
        (N, n),
        lambda A, y, e, j: sum(2 * (A[e, i] - y[e, i]) / (n * N) * A[e, i] * ((i == j) - A[e, j]) for i in range(n)),
    ),
    "(15) step": (descent.step, (G, 0.125), (N, n), lambda dP, eta, i, j: eta * dP[i, j]),
    "(15) descend": (descent.descend, (A, G), (N, n), lambda P, update, i, j: P[i, j] - update[i, j]),
    "App. A first_moment": (
        adam.first_moment,
        (A, G, 0.75),
        (N, n),
        lambda m, g, beta, i, j: beta * m[i, j] + (1 - beta) * g[i, j],
    ),
    "App. A second_moment": (
        adam.second_moment,
        (A, G, 0.875),
        (N, n),
        lambda v, g, beta, i, j: beta * v[i, j] + (1 - beta) * g[i, j] ** 2,
    ),
    "App. A update_algorithm_1, t = 1": (adam.update_algorithm_1, adams(1, 0.875, 0.75), (3,), algorithm_1),
    "App. A update_algorithm_1, t = 2": (adam.update_algorithm_1, adams(2, 0.75, 0.5), (3,), algorithm_1),
    "App. A update_algorithm_1, t = 3": (adam.update_algorithm_1, adams(3, 0.5, 0.75), (3,), algorithm_1),
    "K&B update_epsilon_hat, t = 1": (
        adam.update_epsilon_hat,
        (GRADIENTS, ROOTS**2, 1, 0.125, 0.875, 0.75, 0.25),
        (3,),
        epsilon_hat,
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_it_is_its_scalar_form_exactly(name):
    function, inputs, shape, form = FORMS[name]
    assert is_exact(np.asarray(function(*inputs)), inputs, shape, form)


@pytest.mark.parametrize("name", FORMS)
def test_one_unit_in_the_last_place_of_one_element_is_too_much(name):
    function, inputs, shape, form = FORMS[name]
    wrong = np.array(function(*inputs), dtype=np.float64)
    wrong[(-1,) * len(shape)] = np.nextafter(wrong[(-1,) * len(shape)], np.inf)
    assert not is_exact(wrong, inputs, shape, form)


def test_the_other_equation_is_caught():
    """An ε of 1/4 tells Adam's two forms apart, a zero tells the two ReLU slopes, a batch its sum from its mean."""
    _, inputs, shape, form = FORMS["App. A update_algorithm_1, t = 2"]
    assert not is_exact(adam.update_epsilon_hat(*inputs), inputs, shape, form)
    _, inputs, shape, form = FORMS["(18b) sum_gradient"]
    assert not is_exact(G * (Z >= 0), inputs, shape, form)
    _, inputs, shape, form = FORMS["(22) bias_gradient"]
    assert not is_exact(np.mean(Z, axis=0, keepdims=True), inputs, shape, form)
