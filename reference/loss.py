"""Section 2.2.1: the cost of a prediction, and the slope of each cost under it."""

from functools import reduce
from operator import mul
from typing import Any

import numpy as np

from reference.layers.softmax import exponentials, softmax, softmax_backward, softmax_jacobian
from reference.operations import product


def squared_error(A: Any, y: Any) -> Any:
    """The essay's MSE of each example: a sum, not a mean.  A, y [N, n] -> [N].  (12)"""
    return np.sum((y - A) * (y - A), axis=-1)


def crossentropy(A: Any, y: Any) -> Any:
    """Categorical cross-entropy of each example.  A, y [N, n] -> [N].  (13)"""
    return -np.sum(y * np.log(A), axis=-1)


def crossentropy_slope(A: Any, y: Any) -> Any:
    """dC/da_i = -y_i / a_i, for one example's C.  A, y [N, n] -> [N, n].  (20b)"""
    return -y / A


def batch_mean(costs: Any) -> Any:
    """The cost of a batch: 1/N times the sum over its examples.  costs [N, ...] -> scalar.  (14)

    As printed, (14) sums over the ten outputs only; the sum over the N examples is missing.
    """
    return (1 / reduce(mul, costs.shape)) * np.sum(costs)


def crossentropies_of_logits(Z: Any, y: Any) -> Any:
    """(13) with a_i of (11) put in: log a_i = (z_i - max) - log Σ e^(z_k - max).  Z, y [N, n] -> [N].  (13)

    This gives the logarithm even of a probability that underflows to 0. Keras computes it in this way, too.
    """
    shifted = Z - np.max(Z, axis=-1, keepdims=True)
    logarithm = np.log(np.sum(exponentials(Z), axis=-1, keepdims=True))
    return np.sum(y * (logarithm - shifted), axis=-1)


def crossentropy_of_logits(Z: Any, y: Any) -> Any:
    """The cross-entropy from Z, its mean over the batch.  Z, y [N, n] -> scalar.  (14)"""
    return batch_mean(crossentropies_of_logits(Z, y))


def crossentropy_backward(Z: Any, y: Any) -> Any:
    """The short way: dC/dZ(L) = (A - y) / N with A = softmax(Z).  Z, y [N, n] -> [N, n].  (21)"""
    return (softmax(Z) - y) * (1 / reduce(mul, Z.shape[:-1]))


def crossentropy_backward_long(A: Any, y: Any) -> Any:
    """The long way round: (20b), then the full matrix (19).  A, y [N, n] -> dZ [N, n].  (17)"""
    dA = crossentropy_slope(A, y) / A.shape[0]
    return np.einsum("ni,nij->nj", dA, softmax_jacobian(A))


def mean_squared_error(A: Any, y: Any) -> Any:
    """Keras's MSE: (12) divided by the number of outputs, then (14).  A, y [N, n] -> scalar.  (12)"""
    return batch_mean((1 / A.shape[-1]) * squared_error(A, y))


def mean_squared_error_slope(A: Any, y: Any) -> Any:
    """dC/dA(L) = 2 (A - y) / (n N).  A, y [N, n] -> [N, n].  (12)"""
    return product(A - y, 2, 1 / reduce(mul, A.shape[:-1]), 1 / A.shape[-1])


def mean_squared_error_backward(A: Any, y: Any) -> Any:
    """That slope through the softmax's full Jacobian.  A, y [N, n] -> dZ [N, n].  (12), (19)"""
    return softmax_backward(mean_squared_error_slope(A, y), A)
