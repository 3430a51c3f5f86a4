"""Numbers that others printed: the essay's tables, and Mazur's worked example, which the essay cites.

Matt Mazur, "A Step by Step Backpropagation Example", 2015: two inputs, two hidden nodes and two outputs, sigmoids,
biases that are not learned. His E = Σ ½ (t - o)² of two outputs is the mean of their squares.
"""

from dataclasses import asdict
from decimal import Decimal
from functools import partial

import numpy as np
import pytest

from reference import adam, backprop, descent, feedforward, loss
from reference.layers.relu import relu
from reference.layers.sigmoid import sigmoid, sigmoid_backward
from reference.layers.softmax import softmax
from reference.optimizers.adam import ALGORITHM_1, KERAS
from reference.optimizers.around import Around

GIVEN = {
    "X": np.array([[0.05, 0.10]]),
    "y": np.array([[0.01, 0.99]]),
    "W1": np.array([[0.15, 0.25], [0.20, 0.30]]),  # w1 w3 / w2 w4
    "B1": np.array([[0.35, 0.35]]),
    "W2": np.array([[0.40, 0.50], [0.45, 0.55]]),  # w5 w7 / w6 w8
    "B2": np.array([[0.60, 0.60]]),
}
SQUASH = partial(feedforward.activation, f=sigmoid)
BACK = sigmoid_backward
LEARN = partial(descent.step, learning_rate=0.5)
STEP = (
    ("Z1", feedforward.weighted_sum, ("X", "W1", "B1")),
    ("A1", SQUASH, ("Z1",)),
    ("Z2", feedforward.weighted_sum, ("A1", "W2", "B2")),
    ("A2", SQUASH, ("Z2",)),
    ("E", loss.mean_squared_error, ("A2", "y")),
    ("dA2", loss.mean_squared_error_slope, ("A2", "y")),
    ("dZ2", BACK, ("dA2", "A2")),
    ("dW2", backprop.weight_gradient, ("A1", "dZ2")),
    ("dA1", backprop.activation_gradient, ("dZ2", "W2")),
    ("dZ1", BACK, ("dA1", "A1")),
    ("dW1", backprop.weight_gradient, ("X", "dZ1")),
    ("update_W1", LEARN, ("dW1",)),
    ("update_W2", LEARN, ("dW2",)),
    ("W1_new", descent.descend, ("W1", "update_W1")),
    ("W2_new", descent.descend, ("W2", "update_W2")),
)
MAZUR = {
    "A1": {(0, 0): "0.593269992", (0, 1): "0.596884378"},
    "Z2": {(0, 0): "1.105905967"},
    "A2": {(0, 0): "0.75136507", (0, 1): "0.772928465"},
    "E": {(): "0.298371109"},
    "dA2": {(0, 0): "0.74136507"},
    "dZ2": {(0, 0): "0.138498562"},
    "dW2": {(0, 0): "0.082167041"},
    "dA1": {(0, 0): "0.036350306"},
    "dW1": {(0, 0): "0.000438568"},
    "W2_new": {(0, 0): "0.35891648", (1, 0): "0.408666186", (0, 1): "0.511301270", (1, 1): "0.561370121"},
    "W1_new": {(0, 0): "0.149780716", (1, 0): "0.19956143", (0, 1): "0.24975114", (1, 1): "0.29950229"},
}


def agrees(number, printed):
    """Within one unit of the last digit printed."""
    unit = Decimal(1).scaleb(Decimal(printed).as_tuple().exponent)
    return abs(Decimal(float(number)) - Decimal(printed)) <= unit


def differing(wrong=None):
    """The tensors of Mazur's step that are not as he printed them; `wrong` names those another function gives."""
    known = dict(GIVEN)
    for tensor, function, inputs in STEP:
        known[tensor] = (wrong or {}).get(tensor, function)(*(known[name] for name in inputs))
    return {tensor for tensor, printed in MAZUR.items() for at in printed if not agrees(known[tensor][at], printed[at])}


def test_mazurs_step_is_as_he_printed_it():
    assert differing() == set()


@pytest.mark.parametrize(
    ("wrong", "found_in"),
    [
        ({"A1": relu}, "A1"),
        ({"Z1": lambda X, W, B: X @ W.T + B}, "A1"),
        ({"E": lambda A, y: loss.squared_error(A, y)[0]}, "E"),  # (12) as printed: the sum
        ({"dA2": lambda A, y: A - 2 * y}, "dA2"),
        ({"dZ2": lambda dA, A: dA}, "dZ2"),
        ({"dA1": lambda dZ, W: dZ @ W}, "dA1"),
        ({"dA1": lambda dZ, W: dZ * np.diagonal(W)}, "dA1"),  # (22c) as printed
        ({"W2_new": np.add}, "W2_new"),
    ],
)
def test_a_wrong_function_leaves_his_numbers(wrong, found_in):
    assert found_in in differing(wrong)


def test_mazurs_digits_bind():
    assert agrees(0.2983711087, "0.298371109") and not agrees(0.2983711073, "0.298371109")


def table_2(softmax):
    return [f"{a:.1f}" for a in softmax(np.array([[2.0, 1.0, 0.1]]))[0]] == ["0.7", "0.2", "0.1"]


def table_3(softmax):
    """Of the scores that are printed (three decimals, so a thousandth of each probability) the share of each."""
    scores = np.array([[-0.001, -0.200, 0.679, 0.734, -0.310]])
    printed = np.array(
        [
            8.207457512617111e-02,
            6.729900836944580e-02,
            1.620792597532272e-01,
            1.712321043014526e-01,
            6.028690561652184e-02,
        ]
    )
    return np.allclose(softmax(scores)[0], printed / np.sum(printed), rtol=1e-3, atol=0)


@pytest.mark.parametrize("table", [table_2, table_3])
def test_softmax_gives_the_essays_table(table):
    assert table(softmax)
    assert not table(lambda Z: Z / np.sum(Z, axis=1, keepdims=True))
    assert not table(lambda Z: softmax(2 * Z))


def test_table_4s_delta_is_the_correction_of_the_second_step_after_one_gradient():
    """It prints 7.441e-4 wherever the gradient is not 0; Appendix A at t = 1 gives α, 1.000e-3."""
    g = np.array([0.022, -0.082])
    m, v = adam.first_moment(0 * g, g, 0.9), adam.second_moment(0 * g, g, 0.999)
    for t, printed in ((1, "1.000e-03"), (2, "7.441e-04")):
        update = adam.update_algorithm_1(m, v, t, 0.001, 0.9, 0.999, 1e-8)
        assert [f"{abs(u):.3e}" for u in update] == [printed] * 2


def test_adams_coefficients_are_those_of_appendix_a_and_of_keras():
    printed = {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8, "epsilon_hat": False}
    nothing = dict.fromkeys(("amsgrad", "weight_decay", "clipnorm", "clipvalue", "global_clipnorm"), 0)
    nothing |= asdict(Around()) | {"ratio": 1.0}
    assert asdict(ALGORITHM_1) == printed | nothing
    assert asdict(KERAS) == printed | nothing | {"epsilon": 1e-7, "epsilon_hat": True}
