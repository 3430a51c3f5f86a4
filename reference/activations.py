"""Table 1: the activations, each with its slope under it."""

from __future__ import annotations

from typing import Any

import numpy as np


def relu(Z: Any) -> Any:
    """Rectified linear unit, elementwise.  Z [N, n] -> [N, n].  (7a)"""
    return np.maximum(Z, 0)


def relu_slope(Z: Any) -> Any:
    """Its derivative; 0 at Z = 0, as Appendix D and TensorFlow have it.  Z [N, n] -> [N, n].  (18b)"""
    return Z > 0


def linear(Z: Any) -> Any:
    """The activation that changes nothing.  Z [N, n] -> [N, n].  (5)"""
    return Z


def linear_slope(Z: Any) -> Any:
    """Its derivative, 1 everywhere.  Z [N, n] -> [N, n].  (5)"""
    return Z == Z


def sigmoid(Z: Any) -> Any:
    """1 / (1 + e^-z), the activation of Mazur's example, elementwise.  Z [N, n] -> [N, n].  (5)"""
    return np.reciprocal(1 + np.exp(-Z))


def sigmoid_slope(Z: Any) -> Any:
    """Its derivative, a (1 - a) with a = f(z).  Z [N, n] -> [N, n].  (5)"""
    A = sigmoid(Z)
    return A * (1 - A)


def exponentials(Z: Any) -> Any:
    """e^z of each z less the largest of its row.  Z [N, n] -> [N, n].  (11)

    Numerator and denominator of (11) are both divided by e^max: the quotient is the same, and no
    exponential overflows. TensorFlow does so too, and rounds where this does.
    """
    return np.exp(Z - np.max(Z, axis=1, keepdims=True))


def softmax(Z: Any) -> Any:
    """Exponentials over their sum, row by row.  Z [N, n] -> [N, n], rows add up to 1.  (11)"""
    E = exponentials(Z)
    return E * np.reciprocal(np.sum(E, axis=1, keepdims=True))


def softmax_jacobian(A: Any) -> Any:
    """d a_i / d z_j = a_i (1{i = j} - a_j).  A [N, n] -> [N, n, n].  (19)"""
    n = A.shape[1]
    return A[:, :, None] * (np.eye(n) - A[:, None, :])


def softmax_backward(A: Any, dA: Any) -> Any:
    """The Jacobian times a gradient, multiplied out.  A, dA [N, n] -> dZ [N, n].  (19)"""
    return A * (dA - np.sum(A * dA, axis=1, keepdims=True))


ACTIVATIONS = {
    "relu": (relu, relu_slope, "7a"),
    "linear": (linear, linear_slope, "5"),
    "sigmoid": (sigmoid, sigmoid_slope, "5"),
    "softmax": (softmax, softmax_jacobian, "11"),
}
