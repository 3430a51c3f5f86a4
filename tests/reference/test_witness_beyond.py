"""Check activations, losses, masks, clipping, optimizers and schedules of other networks, each by a witness.

Slopes by the complex step; whatever is rational in rational numbers; optimizers by what their papers prove of them.
"""

from fractions import Fraction
from functools import partial

import numpy as np
import pytest

from reference import adam, clipping, descent
from reference.layers import activation_named
from reference.layers.dropout import dropped
from reference.layers.leaky_relu import leaky_relu
from reference.layers.rescaling import rescaled
from reference.layers.tanh import tanh_slope
from reference.losses.elementwise import mean_of
from reference.losses.loss import of_batch, smoothed
from reference.losses.mean_squared_error import squared
from reference.network import chain
from reference.schedules import ExponentialDecay, InverseTimeDecay, PiecewiseConstantDecay, PolynomialDecay
from tests.support.loss_witness import Y
from tests.support.scalar_forms import is_exact
from tests.support.witness import complex_step, cost_of, differences, direction, dyadic, evaluate

RNG = np.random.default_rng(11)
N, n = 4, 8
Z, G = dyadic(N, n) + 1 / 64, dyadic(N, n)  # no z at a kink
HIDDEN = ("linear", "relu", "sigmoid", "tanh", "leaky_relu", "leaky_relu(negative_slope=0.01)")


def apart(found, slopes):
    """The largest difference, in units of the largest slope."""
    return np.max(np.abs(found - slopes)) / np.max(np.abs(slopes))


@pytest.mark.parametrize("slope", ["1", "1.5", "-0.1", "nan", "True"])
def test_a_slope_that_is_none_is_refused(slope):
    with pytest.raises(ValueError):
        activation_named(f"leaky_relu(negative_slope={slope})")


NETWORKS = {
    "dropped twice, no bias": chain((5, 4, 3), ("tanh", "softmax"), (False, True), (0.25, 0.5, 0.0)),
    "dropped at the end": chain((5, 4, 3), ("sigmoid", "softmax"), (), (0.0, 0.0, 0.25)),
    "rescaled": chain((5, 6, 3), ("leaky_relu", "softmax"), (), (), ((0.5, 0.25), (3.0, -1.0))),
    "linear": chain((5, 4, 3), ("leaky_relu(negative_slope=0.3)", "linear"), (True, False)),
    "sigmoid": chain((5, 4, 3), ("relu", "sigmoid")),
}
COSTS = (
    "categorical_crossentropy(label_smoothing=0.1)", "sparse_categorical_crossentropy(reduction='sum')",
    "mean_squared_error(reduction='sum')", "categorical_crossentropy(from_logits=True)",
)  # fmt: skip


def states(network):
    rng = np.random.default_rng(3)
    known = {"X": rng.random((6, 5)) + 0.1, "y": np.eye(3)[rng.integers(3, size=6)]}
    known |= {M: (rng.random((6, network.sizes[int(M[1:])])) < 0.7) * 1.0 for M in network.masks()}
    for M in network.masks():
        known[M][:, 0] = 1  # a row of which nothing is left has no probabilities
    return known | direction(network, rng)


@pytest.mark.parametrize("cost", COSTS)
@pytest.mark.parametrize("name", NETWORKS)
def test_every_gradient_of_such_a_network_is_the_slope_of_its_cost(name, cost):
    network = NETWORKS[name]
    if name == "linear" and "from_logits" not in cost and "squared" not in cost:
        pytest.skip("sums that may be negative are no probabilities")
    known = states(network)
    forgotten = {f"dA{layer}": lambda dD, M: dD * (M > 0) for layer in (1, 2) if f"M{layer}" in network.masks()}
    for P in network.parameters():
        slopes = differences(complex_step, lambda moved, P=P: cost_of(network, cost, known | {P: moved}), known[P])
        assert apart(evaluate(network, cost, known)[f"d{P}"], slopes) < 1e-12
    if forgotten:  # the factor of the dropout, left out on the way back
        assert apart(evaluate(network, cost, known, wrong=forgotten)["dW1"], differences(
            complex_step, lambda moved: cost_of(network, cost, known | {"W1": moved}), known["W1"])) > 0.1  # fmt: skip


M, A, P = (RNG.random((N, n)) < 0.5) * 1.0, dyadic(N, n), dyadic(N, n)
PYTHAGORAS = np.array([[3.0, -4.0], [0.0, 12.0]])  # of length 13
FORMS = {
    "leaky_relu": (partial(leaky_relu, negative_slope=0.25), (Z,), (N, n),
                   lambda Z, i, j: Z[i, j] if Z[i, j] > 0 else Z[i, j] / 4),
    "rescaled": (partial(rescaled, scale=0.125, offset=-0.5), (A,), (N, n),
                 lambda A, i, j: A[i, j] / 8 - Fraction(1, 2)),
    "dropped": (partial(dropped, rate=0.5), (A, M), (N, n), lambda A, M, i, j: A[i, j] * M[i, j] * 2),
    "smoothed": (partial(smoothed, smoothing=0.25), (Y,), (N, n),
                 lambda y, i, j: y[i, j] * Fraction(3, 4) + Fraction(1, 4) / n),
    "squared": (partial(of_batch, cost=partial(mean_of, cost=squared)), (A, P), (),
                lambda A, y: sum((A[i, j] - y[i, j]) ** 2 for i in range(N) for j in range(n)) / (N * n)),
    "squared, summed": (partial(of_batch, cost=partial(mean_of, cost=squared), mean=False), (A, P), (),
                        lambda A, y: sum((A[i, j] - y[i, j]) ** 2 for i in range(N) for j in range(n)) / n),
    "tanh_slope": (tanh_slope, (A,), (N, n), lambda A, i, j: 1 - A[i, j] ** 2),
    "by_value": (partial(clipping.by_value, most=0.5), (A,), (N, n),
                 lambda g, i, j: max(min(g[i, j], Fraction(1, 2)), -Fraction(1, 2))),
    "by_norm, shorter": (partial(clipping.by_norm, most=16.0), (PYTHAGORAS,), (2, 2), lambda g, i, j: g[i, j]),
    "by_norm, longer": (partial(clipping.by_norm, most=6.5), (PYTHAGORAS,), (2, 2), lambda g, i, j: g[i, j] / 2),
    "velocity": (partial(descent.velocity, momentum=0.75), (A, P, 0.125), (N, n),
                 lambda m, g, eta, i, j: m[i, j] * Fraction(3, 4) - eta * g[i, j]),
    "nesterov": (partial(descent.nesterov, momentum=0.75), (A, P, 0.125), (N, n),
                 lambda m, g, eta, i, j: eta * g[i, j] - m[i, j] * Fraction(3, 4)),
    "negated": (descent.negated, (A,), (N, n), lambda m, i, j: -m[i, j]),
    "decayed": (partial(descent.decayed, weight_decay=0.25), (A, 0.5), (N, n),
                lambda P, eta, i, j: P[i, j] * (1 - eta / 4)),
    "largest_moment": (adam.largest_moment, (A, P), (N, n), lambda a, b, i, j: max(a[i, j], b[i, j])),
    "exponential decay": (ExponentialDecay(0.5, 2.0, 0.25), (6.0,), (), lambda t: Fraction(1, 2) * Fraction(1, 32)),
    "in steps": (ExponentialDecay(0.5, 3.0, 0.5, True), (7.0,), (), lambda t: Fraction(1, 8)),
    "between steps": (ExponentialDecay(0.5, 3.0, 0.5, True), (6.0,), (), lambda t: Fraction(1, 4)),
    "inverse time": (InverseTimeDecay(0.5, 4.0, 3.0), (5.0,), (), lambda t: Fraction(1, 8)),
    "polynomial": (PolynomialDecay(0.75, 8.0, 0.25, 2.0), (5.0,), (), lambda t: Fraction(1, 2) / 4 + Fraction(1, 4)),
    "polynomial, over": (PolynomialDecay(0.75, 8.0, 0.25, 2.0), (20.0,), (), lambda t: Fraction(1, 4)),
    "piecewise, at": (PiecewiseConstantDecay((3.0, 5.0), (0.5, 0.25, 0.125)), (4.0,), (), lambda t: Fraction(1, 2)),
    "piecewise, past": (PiecewiseConstantDecay((3.0, 5.0), (0.5, 0.25, 0.125)), (5.0,), (), lambda t: Fraction(1, 4)),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_it_is_its_scalar_form_exactly(name):
    function, inputs, shape, form = FORMS[name]
    found = np.asarray(function(*inputs))
    assert is_exact(found, inputs, shape, form)
    wrong = np.array(found, dtype=np.float64)
    wrong[(-1,) * len(shape)] = np.nextafter(wrong[(-1,) * len(shape)], np.inf)
    assert not is_exact(wrong, inputs, shape, form)


def test_a_global_norm_is_that_of_all_as_one_vector():
    """(3, -4, 0, 12) and (84): 85 in all. Cut to 42.5, each is halved; the one alone would be cut by another factor."""
    both = PYTHAGORAS, np.array([[84.0]])
    for g in both:
        np.testing.assert_allclose(clipping.by_global_norm(g, *both, most=42.5), g / 2, rtol=4e-16, atol=0)
        np.testing.assert_allclose(clipping.by_global_norm(g, *both, most=100.0), g, rtol=4e-16, atol=0)
    assert np.array_equal(clipping.by_norm(both[0], 42.5), both[0])  # shorter by itself
    halves = [clipping.by_global_norm(g, *both, most=42.5) for g in both]
    assert np.sqrt(sum(np.sum(h * h) for h in halves)) == pytest.approx(42.5, rel=1e-15)
