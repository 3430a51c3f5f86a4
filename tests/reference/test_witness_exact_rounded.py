"""The equations with exponentials and logarithms, and Adam over ten steps, against 50 decimal digits.

No rational number is their result, so each is held to a few units in the last place.
"""

import math
from dataclasses import replace
from decimal import Decimal, localcontext

import numpy as np
import pytest

from reference import loss
from reference.layers.sigmoid import sigmoid, sigmoid_slope
from reference.layers.softmax import softmax, softmax_jacobian
from reference.optimizers.adam import ALGORITHM_1, KERAS
from tests.support.scalar_forms import PROBABILITIES, SCORES, TARGETS, N, decimal, n
from tests.support.witness import adam_updates


def softmax_term(Z, e, j):
    return Z[e, j].exp() / sum(z.exp() for z in Z[e])


def crossentropy_term(A, y, e):
    return -sum(y[e, i] * A[e, i].ln() for i in range(n))


def sigmoid_term(Z, e, j):
    return 1 / (1 + (-Z[e, j]).exp())


# name: as FORMS in test_witness_exact.py, and the largest error allowed, in units in the last place
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
