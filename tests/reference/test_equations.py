"""The equations against the essay's print, finite differences, and each other."""

import numpy as np
import pytest

from reference import adam, backprop, descent, feedforward, loss
from reference.layers.relu import relu, relu_slope
from reference.layers.softmax import softmax, softmax_backward, softmax_jacobian
from reference.network import ESSAY, chain
from reference.rules import LOSSES, rules
from verify.records.settings import OPTIMIZERS

RNG = np.random.default_rng(1)


def test_parameter_counts_are_the_essays():
    assert ESSAY.count("W") == 109_184
    assert ESSAY.count("B") == 202


@pytest.mark.parametrize(
    ("sizes", "names"),
    [((4,), ()), ((4, 0), ("relu",)), ((4, 3), ()), ((4, 3), ("step",))],
)
def test_network_refuses(sizes, names):
    with pytest.raises(ValueError):
        chain(sizes, names)


def test_table_2():
    printed = np.round(softmax(np.array([[2.0, 1.0, 0.1]])), 1)
    assert printed.tolist() == [[0.7, 0.2, 0.1]]


def test_relu_and_its_slope_at_zero():
    Z = np.array([[-1.0, 0.0, 2.0]])
    assert relu(Z).tolist() == [[0, 0, 2]]
    assert relu_slope(Z).tolist() == [[False, False, True]]


def test_one_node_is_a_column_of_the_layer():
    X, W, B = RNG.normal(size=(1, 6)), RNG.normal(size=(6, 3)), RNG.normal(size=(1, 3))
    Z = feedforward.weighted_sum(X, W, B)
    for j in range(3):
        np.testing.assert_allclose(feedforward.node_sum(X[0], W[:, j], B[0, j]), Z[0, j], rtol=1e-13)
        np.testing.assert_allclose(feedforward.node_dot(X[0], W[:, j], B[0, j]), Z[0, j], rtol=1e-13)
    assert feedforward.node_activation(-2.0, relu) == 0


def test_the_long_way_is_the_short_way():
    Z, y = RNG.normal(size=(4, 10)), np.eye(10)[[1, 2, 3, 9]]
    long = loss.crossentropy_backward_long(softmax(Z), y)
    np.testing.assert_allclose(long, loss.crossentropy_backward(Z, y), atol=1e-15, rtol=0)


def test_jacobian_multiplied_out():
    A, dA = softmax(RNG.normal(size=(3, 5))), RNG.normal(size=(3, 5))
    full = np.einsum("ni,nij->nj", dA, softmax_jacobian(A))
    np.testing.assert_allclose(softmax_backward(dA, A), full, atol=1e-15, rtol=0)


def test_cost_of_logits_is_the_essays_cost():
    Z, y = RNG.normal(size=(4, 10)), np.eye(10)[[1, 2, 3, 9]]
    essay = loss.batch_mean(loss.crossentropy(softmax(Z), y))
    np.testing.assert_allclose(loss.crossentropy_of_logits(Z, y), essay, rtol=1e-14)
    assert loss.crossentropy_of_logits(np.array([[1000.0, 0.0]]), np.array([[0.0, 1.0]])) == 1000


def evaluate(network, cost, known):
    known = dict(known) | OPTIMIZERS["sgd"].coefficients
    for rule in rules(network, cost, OPTIMIZERS["sgd"]):
        known[rule.tensor] = rule(known)
    return known


@pytest.mark.parametrize("cost", LOSSES)
def test_every_gradient_against_central_differences(cost):
    network = chain((5, 4, 4, 3), ("relu", "linear", "softmax"))
    known = {P: RNG.normal(size=network.shape(P)) for P in network.parameters()}
    known |= {"X": RNG.random((6, 5)), "y": np.eye(3)[[0, 1, 2, 0, 1, 1]]}
    truth = evaluate(network, cost, known)
    h = 1e-6
    for P in network.parameters():
        for at in np.ndindex(network.shape(P)):
            costs = []
            for sign in (1, -1):
                moved = known[P].copy()
                moved[at] += sign * h
                costs.append(evaluate(network, cost, known | {P: moved})["C"])
            assert abs((costs[0] - costs[1]) / (2 * h) - truth[f"d{P}"][at]) < 1e-8, (P, at)


def test_adam_first_step_is_alpha_and_its_two_forms_differ():
    g = np.array([1.0, -1e-6])
    m, v = adam.first_moment(0 * g, g, 0.9), adam.second_moment(0 * g, g, 0.999)
    one = adam.update_algorithm_1(m, v, 1, 0.001, 0.9, 0.999, 1e-8)
    hat = adam.update_epsilon_hat(m, v, 1, 0.001, 0.9, 0.999, 1e-7)
    np.testing.assert_allclose(one, [0.001 / (1 + 1e-8), -0.001 / 1.01], rtol=1e-10)
    assert abs(hat[1]) < 0.3 * abs(one[1])  # epsilon hat next to the uncorrected root of v


def test_adam_moments_are_appendix_a():
    m, v, g = RNG.normal(size=5), RNG.random(5), RNG.normal(size=5)
    np.testing.assert_allclose(adam.first_moment(m, g, 0.9), 0.9 * m + 0.1 * g, rtol=0, atol=1e-15)
    np.testing.assert_allclose(adam.second_moment(v, g, 0.999), 0.999 * v + 0.001 * g**2, rtol=0, atol=1e-15)


def test_descent():
    assert descent.descend(3.0, descent.step(2.0, 0.5)) == 2.0


def test_bias_gradient_sums_the_batch():
    assert backprop.bias_gradient(np.array([[1.0, 2.0], [3.0, 4.0]])).tolist() == [[4, 6]]


def test_rules_read_only_what_was_computed_or_given():
    network = chain((5, 4, 4, 4, 3), ("relu", "relu", "relu", "softmax"))
    for name, optimizer in OPTIMIZERS.items():
        known = {"X", "y", "t", "alpha", "beta_1", "beta_2", *network.parameters()}
        known |= {f"{m}_{P}_before" for m in "mv" for P in network.parameters()} if name == "adam" else set()
        for rule in rules(network, "categorical_crossentropy", optimizer):
            assert set(rule.inputs) <= known, rule
            assert rule.tensor not in known, rule
            known.add(rule.tensor)


def test_an_unknown_loss_is_refused():
    with pytest.raises(ValueError, match="loss"):
        rules(ESSAY, "unknown", OPTIMIZERS["sgd"])
