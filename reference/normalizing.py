"""Normalised numbers: what batch, layer and group normalization have in common.

The letters: μ and σ² are the mean and the variance of n numbers, and ε is a small constant. γ and β are learned.

    N = X s + (β - μ s)    with    s = γ / √(σ² + ε)

is how Keras writes γ (X - μ) / √(σ² + ε) + β. Here X, μ, σ², γ and β have shapes that broadcast: μ and σ² have length 1
along the axes that they are taken over. The gradients follow the operations of this form one by one, as TensorFlow's
do: the gradient of an operand that was broadcast is a sum, and μ and σ² depend on X.
"""

import math
from typing import Any

import numpy as np

from reference.operations import added, product

Axes = tuple[int, ...]
MEAN, VARIANCE, GAMMA = "mean", "variance", "gamma"
BETA = "shift"  # not "beta": beta_1 and beta_2 are the names of Adam's coefficients


def mean_of(X: Any, axes: Axes) -> Any:
    """μ = Σ x / n, over some axes, which keep length 1.  X [N, …] -> [1 or N, …].  Ioffe & Szegedy 2015, alg. 1"""
    return np.sum(X, axis=axes, keepdims=True) * (1 / _count(X, axes))


def variance_of(X: Any, mean: Any, axes: Axes) -> Any:
    """σ² = Σ (x - μ)² / n: not n - 1.  X [N, …], μ -> the shape of μ.  Ioffe & Szegedy 2015, alg. 1"""
    D = X - mean
    return np.sum(D * D, axis=axes, keepdims=True) * (1 / _count(X, axes))


def inverse_root(variance: Any, epsilon: float) -> Any:
    """1 / √(σ² + ε).  Any shape -> its shape.  Ioffe & Szegedy 2015, alg. 1"""
    return np.reciprocal(np.sqrt(variance + epsilon))


def scaling(variance: Any, gamma: Any, epsilon: float) -> Any:
    """s = γ / √(σ² + ε), without γ if it is None.  Shapes that broadcast -> their shape.  Ioffe & Szegedy 2015"""
    r = inverse_root(variance, epsilon)
    return r if gamma is None else r * gamma


def normalized(X: Any, mean: Any, variance: Any, gamma: Any, beta: Any, epsilon: float) -> Any:
    """N = X s + (β - μ s), without γ or β if they are None.  X [N, …] -> [N, …].  Ioffe & Szegedy 2015, alg. 1"""
    s = scaling(variance, gamma, epsilon)
    shift = mean * s
    return X * s + (-shift if beta is None else beta - shift)


def scaling_gradient(dN: Any, X: Any, mean: Any, shape: tuple[int, ...]) -> Any:
    """ds = Σ x dn - μ Σ dn, for an s of this shape that was broadcast.  dN, X [N, …], μ -> the shape of s.  Keras"""
    return summed_to(X * dN, shape) - mean * summed_to(dN, shape)


def gamma_gradient(dN: Any, X: Any, mean: Any, variance: Any, shape: tuple[int, ...], epsilon: float) -> Any:
    """dγ = Σ ds / √(σ² + ε), for a γ of this shape.  dN, X [N, …] -> that shape.  Ioffe & Szegedy 2015, section 3"""
    ds = scaling_gradient(dN, X, mean, np.broadcast_shapes(variance.shape, shape))
    return summed_to(ds * inverse_root(variance, epsilon), shape)


def input_gradient(dN: Any, X: Any, mean: Any, variance: Any, gamma: Any, epsilon: float, axes: Axes) -> Any:
    """dX = dN s + dσ² 2 (x - μ) / n + dμ / n, with dσ² = -½ ds γ / √(σ² + ε)³ and dμ = -Σ s dn.

    dN, X [N, …] -> [N, …].  Ioffe & Szegedy 2015, section 3
    """
    r, n = inverse_root(variance, epsilon), _count(X, axes)
    s = r if gamma is None else r * gamma
    ds = scaling_gradient(dN, X, mean, s.shape)
    dr = ds if gamma is None else summed_to(ds * gamma, r.shape)
    d_variance = product(dr, r, r, r, -0.5)
    d_mean = summed_to(summed_to(dN, s.shape) * s, r.shape)
    return added(dN * s, product(X - mean, d_variance, 2 / n), d_mean * (-1 / n))


def square_gradient(X: Any, d: Any, r: Any, dr: Any, factor: float) -> Any:
    """dX = d r - ½ r³ dr f x, for x r with r = 1/√q and dq/dx = f x.  X, d [N, …], r, dr -> [N, …].  Keras"""
    return added(d * r, product(X, dr, r, r, r, -0.5 * factor))


def summed_to(T: Any, shape: tuple[int, ...]) -> Any:
    """The sum over the axes along which a shape has length 1.  T [N, …] -> that shape.  Keras"""
    axes = tuple(k for k, (have, want) in enumerate(zip(T.shape, shape, strict=True)) if want == 1 and have != 1)
    return np.sum(T, axis=axes, keepdims=True) if axes else T


def _count(X: Any, axes: Axes) -> int:
    """Return n, how many numbers of X each statistic is taken over."""
    return math.prod(X.shape[axis] for axis in axes)
