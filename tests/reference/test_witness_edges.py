"""Where the equations meet their limits: each test says what is right there, and shows a wrong one going wrong."""

import math
from dataclasses import replace

import numpy as np
import pytest

from reference import backprop, loss
from reference.layers.sigmoid import sigmoid, sigmoid_slope
from reference.layers.softmax import softmax
from reference.network import chain
from reference.optimizers.adam import ALGORITHM_1, KERAS
from reference.rules import LOSSES
from tests.support.witness import SMALL, adam_updates, complex_step, cost_of, differences, drawn, evaluate

RELU = chain((3, 4, 5, 3), ("relu", "relu", "softmax"))
BY_LOSS = pytest.mark.parametrize("cost", LOSSES)


def as_printed(dA, Z):
    """(18b), whose slope at 0 is 1."""
    return dA * (Z >= 0)


@BY_LOSS
def test_relu_at_exactly_0_has_slope_0(cost):
    """The slope from the left, as TensorFlow and Appendix D have it; the print of (18b) has the one from the right."""
    known = drawn(RELU, batch=1, seed=1)
    known |= {"W1": 0 * known["W1"], "B1": 0 * known["B1"], "B2": 1 + np.abs(known["B2"])}
    found = evaluate(RELU, cost, known)
    assert np.all(found["Z1"] == 0) and np.all(found["dA1"] != 0)
    assert np.all(found["dZ1"] == 0)
    for h, slope in ((-1e-7, found["dZ1"]), (1e-7, as_printed(found["dA1"], found["Z1"]))):
        one_sided = differences(
            lambda C, h=h: (C(h) - C(0.0)) / h, lambda B: cost_of(RELU, cost, known | {"B1": B}), known["B1"]
        )
        np.testing.assert_allclose(one_sided, slope, rtol=1e-4, atol=1e-8)
    assert np.all(evaluate(RELU, cost, known, wrong={"dZ1": as_printed})["dZ1"] != 0)


@BY_LOSS
@pytest.mark.parametrize("dead", [1, 2])
def test_below_a_dead_layer_nothing_moves(cost, dead):
    """All Z(l) < 0: every gradient at and below l, and dW(l+1), is exactly 0, and so is Adam's step; dB(l+1) is not."""
    known = drawn(RELU, batch=4, seed=1)
    known[f"B{dead}"] = known[f"B{dead}"] - 100
    still = [f"{q}{layer}" for layer in range(1, dead + 1) for q in ("dZ", "dW", "dB")] + [f"dW{dead + 1}"]

    found = evaluate(RELU, cost, known)
    assert all(np.all(found[name] == 0) for name in still) and np.any(found[f"dB{dead + 1}"] != 0)
    leaky = evaluate(RELU, cost, known, wrong={f"dZ{dead}": lambda dA, Z: np.where(Z > 0, dA, 0.01 * dA)})
    assert np.any(leaky[f"dW{dead}"] != 0)
    for optimizer in (ALGORITHM_1, KERAS):
        assert all(np.all(update == 0) for update in adam_updates(optimizer, found[f"dW{dead}"]))
        with np.errstate(invalid="ignore"):  # 0/0: why Adam has an ε
            assert np.all(np.isnan(list(adam_updates(replace(optimizer, epsilon=0.0), found[f"dW{dead}"]))))


def test_targets_that_do_not_sum_to_1_need_the_long_way():
    """dC/dz_j = (a_j Σy - y_j) / N. (21) presumes Σy = 1 and misses that by a_j (Σy - 1) / N."""
    Z, y = np.array([[1.0, -0.5, 0.25], [0.0, 2.0, -1.0]]), np.array([[0.5, 0.0, 1.0], [0.0, 0.25, 0.25]])
    A, total = softmax(Z), np.sum(y, axis=1, keepdims=True)
    right = differences(complex_step, lambda Z: loss.crossentropy_of_logits(Z, y), Z)
    np.testing.assert_allclose(right, (A * total - y) / 2, rtol=0, atol=1e-15)
    np.testing.assert_allclose(loss.crossentropy_backward_long(A, y), right, rtol=0, atol=1e-15)
    np.testing.assert_allclose(right - loss.crossentropy_backward(Z, y), A * (total - 1) / 2, rtol=0, atol=1e-15)
    assert np.min(np.abs(A * (total - 1))) > 0.01  # so that (21) is no answer here


def test_a_saturated_softmax_keeps_its_cost_and_gradient():
    """Scores 1000, 0, -1000 give probabilities 1, 0, 0. If the last is the target, C = 2000 and dZ = (1, 0, -1).

    Through the logits, and (21), they are that exactly. Through the probabilities 0 · ∞ comes in: NaN.
    The squared error's gradient is exactly 0 there, as wrong as the answer is.
    """
    Z, y = np.array([[1000.0, 0.0, -1000.0]]), np.array([[0.0, 0.0, 1.0]])
    A = softmax(Z)
    assert A.tolist() == [[1, 0, 0]]
    assert loss.crossentropy_of_logits(Z, y) == 2000
    assert loss.crossentropy_backward(Z, y).tolist() == [[1, 0, -1]]
    assert differences(complex_step, lambda Z: loss.crossentropy_of_logits(Z, y), Z).tolist() == [[1, 0, -1]]
    assert loss.mean_squared_error_backward(A, y).tolist() == [[0, 0, 0]]
    with np.errstate(all="ignore"):
        assert np.all(np.isnan(loss.crossentropy_backward_long(A, y)))
        assert np.isnan(loss.crossentropy(A, y))


@pytest.mark.parametrize("size", [1e300, -1e300])
def test_huge_equal_scores_are_a_tie(size):
    """Four equal scores have probability 1/4 each and cost log 4, however large; (11) as printed has ∞/∞ or 0/0."""
    Z, y = np.full((2, 4), size), np.eye(4)[[0, 3]]
    assert np.all(softmax(Z) == 1 / 4)
    assert loss.crossentropy_of_logits(Z, y) == pytest.approx(math.log(4), rel=1e-15)
    assert np.array_equal(loss.crossentropy_backward(Z, y), (1 / 4 - y) / 2)
    with np.errstate(all="ignore"):
        assert np.all(np.isnan(np.exp(Z) / np.sum(np.exp(Z), axis=1, keepdims=True)))


def test_a_saturated_sigmoid_is_0_or_1_with_slope_0():
    """e^1000 overflows to ∞, whose reciprocal is the 0 that is wanted; e^z / (1 + e^z) has ∞/∞."""
    Z = np.array([[-1000.0, 0.0, 1000.0]])
    with np.errstate(over="ignore"):
        assert sigmoid(Z).tolist() == [[0, 0.5, 1]]
        assert sigmoid_slope(sigmoid(Z)).tolist() == [[0, 0.25, 0]]
    with np.errstate(all="ignore"):
        assert np.isnan((np.exp(Z) / (1 + np.exp(Z)))[0, 2])


@BY_LOSS
def test_a_batch_of_one_keeps_its_rows(cost):
    """N = 1: tensors stay [1, n], dB(l) is dZ(l) and dW(l) the outer product of A(l-1) and dZ(l), both exactly."""

    def differing(wrong=None):
        found = evaluate(SMALL, cost, drawn(SMALL, batch=1, seed=1), wrong=wrong)
        found["A0"] = found["X"]
        for layer in range(1, SMALL.depth + 1):
            dZ = found[f"dZ{layer}"]
            if not np.array_equal(found[f"dB{layer}"], dZ):
                yield f"dB{layer}"
            if not np.array_equal(found[f"dW{layer}"], np.outer(found[f"A{layer - 1}"], dZ)):
                yield f"dW{layer}"

    assert not list(differing())
    assert list(differing({"dB2": lambda dZ: np.sum(dZ, axis=0)})) == ["dB2"]
    assert list(differing({"dW2": lambda A, dZ: backprop.weight_gradient(A, dZ) / 2})) == ["dW2"]
