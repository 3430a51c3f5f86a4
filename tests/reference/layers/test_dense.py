"""Witnesses of the Dense layer: its sums written out, and the complex step."""

import numpy as np

from reference import backprop, feedforward
from tests.support.layer_witness import apart
from tests.support.witness import complex_step, differences, dyadic

X, W, B, G = dyadic(4, 3), dyadic(3, 5), dyadic(1, 5), dyadic(4, 5)


def test_each_sum_is_written_out():
    Z = feedforward.weighted_sum(X, W, B)
    for e in range(4):
        for j in range(5):
            assert Z[e, j] == sum(X[e, i] * W[i, j] for i in range(3)) + B[0, j]
    assert np.array_equal(feedforward.weighted_sum_without_bias(X, W), Z - B)


def test_its_gradients_are_slopes():
    def cost(X, W, B):
        return np.sum(G * feedforward.weighted_sum(X, W, B))

    assert apart(backprop.weight_gradient(X, G), differences(complex_step, lambda W: cost(X, W, B), W)) < 1e-14
    assert apart(backprop.bias_gradient(G), differences(complex_step, lambda B: cost(X, W, B), B)) < 1e-14
    assert apart(backprop.activation_gradient(G, W), differences(complex_step, lambda X: cost(X, W, B), X)) < 1e-14
    assert apart(backprop.weight_gradient(X[::-1], G), backprop.weight_gradient(X, G)) > 1e-3
