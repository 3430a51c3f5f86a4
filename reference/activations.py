"""Table 1, and the activations in common use beside it, each with its slope and the way back under it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, NamedTuple

import numpy as np

from reference.notation import parse


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


def sigmoid_slope(A: Any) -> Any:
    """Its derivative, a (1 - a), from what it gave.  A [N, n] -> [N, n].  (5)"""
    return A * (1 - A)


def sigmoid_backward(dA: Any, A: Any) -> Any:
    """dA times that slope, in the order in which TensorFlow rounds.  dA, A [N, n] -> dZ [N, n].  (18)"""
    return dA * A * (1 - A)


def tanh(Z: Any) -> Any:
    """Hyperbolic tangent, elementwise.  Z [N, n] -> [N, n].  (5)"""
    return np.tanh(Z)


def tanh_slope(A: Any) -> Any:
    """Its derivative, 1 - a², from what it gave.  A [N, n] -> [N, n].  (5)"""
    return 1 - A * A


def leaky_relu(Z: Any, negative_slope: float = 0.2) -> Any:
    """z, or a small part of it below 0, elementwise.  Z [N, n] -> [N, n].  Maas et al. 2013"""
    return Z * (Z > 0) + (Z * negative_slope) * (Z <= 0)


def leaky_relu_slope(Z: Any, negative_slope: float = 0.2) -> Any:
    """Its derivative; the small one at Z = 0, as TensorFlow has it.  Z [N, n] -> [N, n].  Maas et al. 2013"""
    return 1.0 * (Z > 0) + negative_slope * (Z <= 0)


def leaky_relu_backward(dA: Any, Z: Any, negative_slope: float = 0.2) -> Any:
    """dA times that slope.  dA, Z [N, n] -> dZ [N, n].  (18)"""
    return dA * (Z > 0) + (dA * negative_slope) * (Z <= 0)


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


class Activation(NamedTuple):
    """f, its slope, its equation; which of Z and A the slope reads, as TensorFlow has it; the way back.

    `backward` takes dA and what the slope reads; None where it is dA times the slope.
    """

    function: Callable[[Any], Any]
    slope: Callable[[Any], Any]
    equation: str
    reads: str = "Z"
    backward: Callable[[Any, Any], Any] | None = None

    def back(self, dA: Any, at: Any) -> Any:
        """dZ from dA.  dA, at [N, n] -> [N, n].  (18)"""
        return dA * self.slope(at) if self.backward is None else self.backward(dA, at)


def _leaky(negative_slope: float = 0.2) -> Activation:
    if not isinstance(negative_slope, float) or not 0 <= negative_slope < 1:
        raise ValueError(f"the negative slope of leaky_relu must be from 0 to below 1, not {negative_slope!r}")
    three = (leaky_relu, leaky_relu_slope, leaky_relu_backward)
    function, slope, back = (partial(f, negative_slope=negative_slope) for f in three)
    return Activation(function, slope, "Maas et al. 2013", "Z", back)


ACTIVATIONS = {
    "relu": Activation(relu, relu_slope, "7a"),
    "linear": Activation(linear, linear_slope, "5"),
    "sigmoid": Activation(sigmoid, sigmoid_slope, "5", "A", sigmoid_backward),
    "softmax": Activation(softmax, softmax_jacobian, "11", "A", lambda dA, A: softmax_backward(A, dA)),
    "tanh": Activation(tanh, tanh_slope, "5", "A"),
    "leaky_relu": _leaky(),
}
KINDS: dict[str, Callable[..., Activation]] = {name: partial(lambda a: a, a) for name, a in ACTIVATIONS.items()}
KINDS["leaky_relu"] = _leaky


@lru_cache(maxsize=256)
def activation_named(text: str) -> Activation:
    """By its name in ACTIVATIONS; leaky_relu(negative_slope=0.1) too.  Raises ValueError for any other."""
    if text in ACTIVATIONS:
        return ACTIVATIONS[text]
    found: Activation = parse(text, KINDS)
    if not isinstance(found, Activation):
        raise ValueError(f"{text!r} is not an activation")
    return found
