"""verify.explain without TensorFlow: every tensor of every rule, exact arithmetic, what is said of bad input."""

from fractions import Fraction

import numpy as np
import pytest

from reference.network import Network
from tests.simulate import SMALL, simulate
from verify.explain import Case, explain, explanation

NETWORKS = {
    "essay": (SMALL, {}),
    "essay, one example": (SMALL, {"batch": 1, "steps": 1}),
    "float64, Mazur": (Network((4, 3, 2), ("sigmoid", "sigmoid")), {"dtype": "float64", "optimizer": "sgd",
                       "loss": "mean_squared_error"}),
    "tanh, momentum, logits, smoothing": (
        Network((6, 5, 4), ("tanh", "linear")),
        {"optimizer": "sgd(momentum=0.9, clipvalue=0.01)",
         "loss": "categorical_crossentropy(from_logits=True, label_smoothing=0.1)"}),
    "leaky, nesterov, sum, decaying rate": (
        Network((6, 5, 4), ("leaky_relu", "linear")),
        {"optimizer": "sgd(momentum=0.9, nesterov=True, learning_rate=exponential_decay(initial_learning_rate=0.1, "
                      "decay_steps=3, decay_rate=0.9))",
         "loss": "sparse_categorical_crossentropy(from_logits=True, reduction='sum')"}),
    "AMSGrad, dropped probabilities": (
        Network((6, 5, 4), ("sigmoid", "softmax"), dropout=(0.0, 0.0, 0.3)),
        {"optimizer": "adam(amsgrad=True, learning_rate=inverse_time_decay(initial_learning_rate=0.1, decay_steps=3, "
                      "decay_rate=0.5))"}),
    "AdamW, probabilities of labels": (
        Network((6, 5, 4), ("sigmoid", "softmax"), biases=(False, True), dropout=(0.0, 0.0, 0.3)),
        {"optimizer": "adam(weight_decay=0.004)", "loss": "sparse_categorical_crossentropy"}),
    "rescaled, dropped, clipped, squared": (
        Network((6, 5, 4), ("leaky_relu(negative_slope=0.1)", "linear"), dropout=(0.2, 0.5, 0.0),
                rescaling=((1 / 3, 0.1),)),
        {"optimizer": "adam(clipnorm=0.01, learning_rate=piecewise_constant_decay(boundaries=(0.0, 1.0), "
                      "values=(0.1, 0.2, 0.3)))", "loss": "mean_squared_error"}),
    "global norm, a sigmoid's cross-entropy": (
        Network((6, 5, 4), ("relu", "sigmoid")),
        {"optimizer": "sgd(global_clipnorm=0.05, learning_rate=polynomial_decay(initial_learning_rate=0.1, "
                      "decay_steps=3, power=2.0))"}),
}  # fmt: skip


def inside(value, ball, at):
    return abs(value - Fraction(float(ball.value[at]))) <= Fraction(float(ball.spread()[at]))


@pytest.mark.parametrize("name", NETWORKS)
def test_the_exact_value_lies_inside_the_ball_of_its_rule(name):
    network, chosen = NETWORKS[name]
    trace = simulate(network, **chosen)
    rng = np.random.default_rng(1)
    for step in range(1, trace.settings.steps + 1):
        case = Case(trace, step)
        for tensor, rule in case.rules.items():
            for _ in range(4):
                at = tuple(int(rng.integers(n)) for n in case.shape(tensor))
                ball, value = case.ball(rule), case.exact(case.node(tensor), at).item()
                assert inside(value, ball, at), (step, tensor, at)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_tensor_is_explained(name):
    network, chosen = NETWORKS[name]
    trace = simulate(network, **chosen)
    case = Case(trace, trace.settings.steps)
    for tensor in case.names:
        found = explain(case, tensor, case.shape(tensor))
        assert found.passed and found.steps[0].tensor == tensor, found.headline


def test_the_way_back_reaches_pixels_and_weights():
    found = explanation(simulate(batch=1), 1, "dW1", (2, 3), None)
    assert [s.tensor for s in found.steps][:3] == ["dW1", "dZ1", "dA1"]
    assert {"Z1", "Z2", "Z3", "dZ3"} <= {s.tensor for s in found.steps}
    assert found.whole_words.startswith("from B1, B2, B3, W1, W2, W3, X, y")
    assert found.whole.passed and 0 < found.whole.difference < found.whole.allowed
