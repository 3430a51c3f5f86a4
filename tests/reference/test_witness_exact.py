"""The equations one element at a time, in rational numbers, on inputs at which float64 rounds nothing.

Inputs are small integers over powers of two, batches and outputs powers of two where something is divided by
their number; then both sides are exact and == is the comparison. Exponentials and logarithms, which no
rational number is, are held to a few units in the last place against 50 decimal digits.
"""

import math
from dataclasses import replace
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import partial

import numpy as np
import pytest

from reference import adam, backprop, descent, feedforward, loss
from reference.layers.linear import linear_backward
from reference.layers.relu import relu, relu_slope
from reference.layers.sigmoid import sigmoid, sigmoid_slope
from reference.layers.softmax import softmax, softmax_backward, softmax_jacobian
from reference.network import chain
from reference.optimizers.adam import ALGORITHM_1, KERAS
from reference.optimizers.sgd import SGD
from tests.support.witness import RNG, adam_updates, dyadic, evaluate


def elementwise(number):
    """An array's elements (or a scalar) as another kind of number, floats taken at their exact value."""
    return lambda x: np.vectorize(number, otypes=[object])(x) if np.ndim(x) else number(x)


rational = elementwise(Fraction)
decimal = elementwise(Decimal)

N, m, n, k = 4, 3, 8, 5  # examples; nodes before, of and after the layer
X, W, B = dyadic(N, m), dyadic(m, n), dyadic(1, n)
Z, A, G, y = dyadic(N, n), dyadic(N, n), dyadic(N, n), dyadic(N, n)  # G: a gradient
W_NEXT, G_NEXT = dyadic(n, k), dyadic(N, k)
Z[:, 0] = 0
POWERS = 2.0 ** RNG.integers(-4, 0, size=(N, n))  # what may be divided by
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


def is_exact(found, inputs, shape, form):
    inputs = [rational(x) for x in inputs]
    return np.shape(found) == shape and all(
        Fraction(float(found[at])) == form(*inputs, *at) for at in np.ndindex(shape)
    )


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


# The whole step. Rounding enters by the softmax alone, and four equal scores give 1/4 each: W3's columns differ
# by multiples of a vector that is orthogonal to both examples' A2, so the scores are equal and the gradients not.

NETWORK, ETA = chain((3, 4, 3, 4), ("relu", "relu", "softmax")), 0.125


def balanced():
    """Inputs and parameters of such a network, N = 2."""
    rng = np.random.default_rng(18)
    known = {P: rng.integers(-4, 5, size=NETWORK.shape(P)) / 4 for P in NETWORK.parameters()}
    known |= {"X": rng.integers(0, 5, size=(2, 3)) / 4, "y": np.eye(4)[[1, 3]], "B3": np.full((1, 4), 0.5)}
    A2 = evaluate(NETWORK, "mean_squared_error", known, phases=("forward",))["A2"]
    known["W3"] = rng.integers(-4, 5, size=(3, 1)) / 4 + np.outer(np.cross(A2[0], A2[1]), [1.0, -2.0, 0.0, 3.0])
    return known


def output_gradient(cost, a, y, k):
    """dC/dz_k of one example of the two, from (21), or from (12) and (19)."""
    if cost == "categorical_crossentropy":
        return (a[k] - y[k]) / 2
    return sum(2 * (a[i] - y[i]) / (4 * 2) * a[i] * ((i == k) - a[k]) for i in range(4))


def by_index(cost, q):
    """The essay's index forms (6)-(9) and (22a)-(22f), with the sums over outputs and examples that belong there."""
    W1, W2, W3, both, tensors = q["W1"], q["W2"], q["W3"], range(2), {}
    z1 = [[sum(q["X"][e, i] * W1[i, j] for i in range(3)) + q["B1"][0, j] for j in range(4)] for e in both]
    a1 = [[max(z, 0) for z in row] for row in z1]
    z2 = [[sum(a1[e][i] * W2[i, j] for i in range(4)) + q["B2"][0, j] for j in range(3)] for e in both]
    a2 = [[max(z, 0) for z in row] for row in z2]
    z3 = [[sum(a2[e][i] * W3[i, j] for i in range(3)) + q["B3"][0, j] for j in range(4)] for e in both]
    assert all(z == row[0] for row in z3 for z in row)
    a3 = [[Fraction(1, 4)] * 4 for e in both]
    d3 = [[output_gradient(cost, a3[e], q["y"][e], k) for k in range(4)] for e in both]
    d2 = [[(z2[e][j] > 0) * sum(W3[j, k] * d3[e][k] for k in range(4)) for j in range(3)] for e in both]
    d1 = [[(z1[e][j] > 0) * sum(W2[j, k] * d2[e][k] for k in range(3)) for j in range(4)] for e in both]
    for layer, (before, z, a, d) in enumerate([(q["X"], z1, a1, d1), (a1, z2, a2, d2), (a2, z3, a3, d3)], start=1):
        dW = [[sum(before[e][i] * d[e][j] for e in both) for j in range(len(d[0]))] for i in range(len(before[0]))]
        dB = [[sum(d[e][j] for e in both) for j in range(len(d[0]))]]
        tensors |= {f"Z{layer}": z, f"A{layer}": a, f"dZ{layer}": d, f"dW{layer}": dW, f"dB{layer}": dB}
        for P, gradient in ((f"W{layer}", dW), (f"B{layer}", dB)):
            tensors[f"{P}_new"] = q[P] - Fraction(ETA) * np.array(gradient, dtype=object)
    return {name: np.array(tensor, dtype=object) for name, tensor in tensors.items()}


def inexact(cost, wrong=None):
    """The tensors of the step that are not exactly those of the index forms."""
    known = balanced()
    found = evaluate(NETWORK, cost, known, phases=("forward", "backward", "update"), optimizer=SGD(ETA), wrong=wrong)
    truth = by_index(cost, {name: rational(array) for name, array in known.items()})
    assert all(np.any(truth[f"d{P}"] != 0) for P in NETWORK.parameters())
    assert all(0 < np.sum(found[f"Z{layer}"] > 0) < found[f"Z{layer}"].size for layer in (1, 2))
    return [name for name in truth if not np.array_equal(rational(found[name]), truth[name])], found["C"]


def test_a_training_step_is_exact_end_to_end():
    different, C = inexact("mean_squared_error")
    assert not different
    assert C == (1 / 4 - 1) ** 2 / 4 + 3 * (1 / 4) ** 2 / 4
    different, C = inexact("categorical_crossentropy")
    assert not different
    assert abs(C - math.log(4)) <= math.ulp(C)


def test_a_wrong_rule_in_the_step_is_not():
    different, _ = inexact("mean_squared_error", {"dA1": lambda dZ, W: dZ @ W.T * (1 + 2**-50)})
    assert different == ["dZ1", "dW1", "dB1", "W1_new", "B1_new"]


SCORES = RNG.integers(-128, 129, size=(N, n)) / 8
PROBABILITIES = softmax(dyadic(N, n))
TARGETS = np.eye(n)[[0, 3, 3, 7]]


def softmax_term(Z, e, j):
    return Z[e, j].exp() / sum(z.exp() for z in Z[e])


def crossentropy_term(A, y, e):
    return -sum(y[e, i] * A[e, i].ln() for i in range(n))


def sigmoid_term(Z, e, j):
    return 1 / (1 + (-Z[e, j]).exp())


# As FORMS; each has as many units in the last place as it may be off by
ROUNDED = {
    "(11) softmax": (softmax, (SCORES,), (N, n), softmax_term, 4),
    "(5) sigmoid": (sigmoid, (SCORES,), (N, n), sigmoid_term, 4),
    "(5) sigmoid_slope": (
        sigmoid_slope,
        (PROBABILITIES,),
        (N, n),
        lambda A, e, j: A[e, j] * (1 - A[e, j]),
        2,
    ),
    "(19) softmax_jacobian": (
        softmax_jacobian,
        (PROBABILITIES,),
        (N, n, n),
        lambda A, e, i, j: A[e, i] * ((i == j) - A[e, j]),
        2,
    ),
    "(13) crossentropy": (loss.crossentropy, (PROBABILITIES, PROBABILITIES), (N,), crossentropy_term, 3),
    "(14) crossentropy_of_logits": (
        loss.crossentropy_of_logits,
        (SCORES, TARGETS),
        (),
        lambda Z, y: -sum(y[e, i] * softmax_term(Z, e, i).ln() for e in range(N) for i in range(n)) / N,
        3,
    ),
    "(21) crossentropy_backward": (
        loss.crossentropy_backward,
        (SCORES, -TARGETS),  # negative, so that nothing cancels
        (N, n),
        lambda Z, y, e, j: (softmax_term(Z, e, j) - y[e, j]) / N,
        5,
    ),
}


def ulps(found, inputs, shape, form):
    """The largest distance to 50 digits, in units in the last place."""
    inputs = [decimal(x) for x in inputs]
    assert np.shape(found) == shape
    with localcontext(prec=50):
        return max(
            abs(Decimal(float(found[at])) - (true := form(*inputs, *at))) / Decimal(math.ulp(true))
            for at in np.ndindex(shape)
        )


@pytest.mark.parametrize("name", ROUNDED)
def test_it_is_its_scalar_form_to_the_last_places(name):
    function, inputs, shape, form, allowed = ROUNDED[name]
    assert ulps(np.asarray(function(*inputs)), inputs, shape, form) <= allowed


@pytest.mark.parametrize("name", ROUNDED)
def test_a_relative_error_of_1e_15_is_too_much(name):
    function, inputs, shape, form, allowed = ROUNDED[name]
    assert ulps(np.asarray(function(*inputs)) * (1 + 1e-15), inputs, shape, form) > allowed


def adam_in_decimals(coefficients, gradients):
    """Appendix A in 50 digits for one parameter; the coefficients are the float64 numbers that stand for them."""
    alpha, beta_1, beta_2, epsilon = (
        Decimal(getattr(coefficients, name)) for name in ("learning_rate", "beta_1", "beta_2", "epsilon")
    )
    m = v = Decimal(0)
    for t, g in enumerate(gradients, start=1):
        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g * g
        if coefficients.epsilon_hat:
            yield alpha * (1 - beta_2**t).sqrt() / (1 - beta_1**t) * m / (v.sqrt() + epsilon)
        else:
            yield alpha * (m / (1 - beta_1**t)) / ((v / (1 - beta_2**t)).sqrt() + epsilon)


def adam_disagreement(by_hand, in_decimals):
    """The largest over ten steps and four parameters, in units of the largest step."""
    gradients = np.random.default_rng(3).normal(size=(10, 4)) * [1.0, 1e-3, 1e-6, 1e3]
    found = np.concatenate(list(adam_updates(by_hand, gradients)))
    with localcontext(prec=50):
        true = np.array([list(adam_in_decimals(in_decimals, parameter)) for parameter in decimal(gradients).T]).T
    return np.max(np.abs(found - true.astype(float))) / in_decimals.learning_rate


@pytest.mark.parametrize("coefficients", [ALGORITHM_1, KERAS], ids=["Algorithm 1", "Keras"])
def test_adam_is_appendix_a_over_ten_steps(coefficients):
    """1 - 0.999^t keeps 13 digits of 16, so that is what can be asked."""
    assert adam_disagreement(coefficients, coefficients) < 1e-12


def test_the_other_adam_is_not():
    for other in (
        KERAS,
        replace(ALGORITHM_1, epsilon_hat=True),
        replace(ALGORITHM_1, beta_1=0.9 + 1e-9),
    ):
        assert adam_disagreement(other, ALGORITHM_1) > 1e-11
