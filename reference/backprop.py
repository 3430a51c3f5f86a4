"""Section 2.3 and Appendices B, C, D: the gradients, from the output back to the pixels.

All equations are in the vectorised form, through dZ. The chain rule (17), (18) is the composition of three functions:

    activation_gradient    dA(l) = dZ(l+1) W(l+1)^T      (20a)
    sum_gradient           dZ(l) = dA(l) f'(Z(l))        (18b)
    weight_gradient        dW(l) = A(l-1)^T dZ(l)        (18a), (22), because the derivative of Z(l) by W(l) is A(l-1)

The essay prints (18a) with a slip: it prints this derivative, A(l-1), where the whole product ∂C/∂W(l) should stand.
`reference.index_forms` has both forms.
"""

from collections.abc import Callable
from typing import Any

import numpy as np


def activation_gradient(dZ_next: Any, W_next: Any) -> Any:
    """Back through the weights of layer l+1.  dZ(l+1) [N, k], W(l+1) [n, k] -> dA(l) [N, n].  (20a)"""
    return dZ_next @ W_next.T


def sum_gradient(dA: Any, Z_or_A: Any, slope: Callable[[Any], Any]) -> Any:
    """Back through an activation: dZ = dA f'(Z).  dA, Z_or_A [N, n] -> dZ [N, n].  (18), (18b)

    `slope` is f'. It is given Z, or A = f(Z) if the activation computes its slope from A, as the sigmoid does.
    """
    return dA * slope(Z_or_A)


def weight_gradient(A_before: Any, dZ: Any) -> Any:
    """The weights' slope, summed over the batch.  A(l-1) [N, m], dZ(l) [N, n] -> dW(l) [m, n].  (22a), (22c), (22e)"""
    return rows(A_before).T @ rows(dZ)


def bias_gradient(dZ: Any) -> Any:
    """The biases' slope, summed over the batch.  dZ(l) [N, n] -> dB(l) [1, n].  (22b), (22d), (22f)"""
    return np.sum(rows(dZ), axis=0, keepdims=True)


def rows(T: Any) -> Any:
    """All rows of all examples, one below the other.  [N, …, n] -> [N·…, n].  (22a), (22b)"""
    return T if T.ndim == 2 else T.reshape(-1, T.shape[-1])
