"""Section 2.2.2: gradient descent. Momentum and weight decay are not in the essay.

The gradient of an embedding's table comes as rows: dZ [N, ..., n] with their numbers X [N, ...]. TensorFlow multiplies
the rows by η before it adds them up, and clips them before that (`clip`).
"""

from typing import Any

import numpy as np

from reference.clipping import Clip, kept
from reference.operations import added_rows, product


def step(dP: Any, learning_rate: Any) -> Any:
    """What is subtracted, η∇C.  dP and result shaped like the parameter.  (15), (16)"""
    return learning_rate * dP


def descend(P: Any, update: Any) -> Any:
    """The new weights or biases: what was there, less η∇C.  P, update of one shape.  (15), (16)"""
    return P - update


def velocity(m: Any, g: Any, learning_rate: Any, momentum: float) -> Any:
    """μ m - η g, the step with what is left of the last one.  m, g -> their shape.  Sutskever et al. 2013"""
    return m * momentum - g * learning_rate


def negated(m: Any) -> Any:
    """Keras adds the velocity; this is what is subtracted.  m -> its shape.  Sutskever et al. 2013"""
    return -m


def nesterov(m: Any, g: Any, learning_rate: Any, momentum: float) -> Any:
    """Step with Nesterov's look ahead, η g - μ m, to be subtracted.  m, g -> their shape.  Sutskever et al. 2013"""
    return g * learning_rate - m * momentum


def decayed(P: Any, learning_rate: Any, weight_decay: float) -> Any:
    """P - P λ η, before anything else is done to it.  P -> its shape.  Loshchilov & Hutter 2019"""
    return P - product(P, weight_decay, learning_rate)


def step_of_rows(X: Any, dZ: Any, learning_rate: Any, rows: int, clip: Clip = kept) -> Any:
    """Step of each row, Σ η dZ over the places that use it, to be subtracted.  X, dZ -> [V, n], V = `rows`.  (15)"""
    return added_rows(0, clip(dZ) * learning_rate, X, np.arange(rows))


def velocity_of_rows(m: Any, X: Any, dZ: Any, learning_rate: Any, momentum: float, rows: int, clip: Clip = kept) -> Any:
    """μ m - Σ η dZ over the places of each row.  m [V, n], X, dZ -> [V, n].  Sutskever et al. 2013"""
    return m * momentum - step_of_rows(X, dZ, learning_rate, rows, clip)


def nesterov_of_rows(m: Any, X: Any, dZ: Any, learning_rate: Any, momentum: float, rows: int, clip: Clip = kept) -> Any:
    """Step of each row with Nesterov's look ahead, Σ η dZ - μ m.  m, X, dZ -> [V, n].  Sutskever et al. 2013"""
    return step_of_rows(X, dZ, learning_rate, rows, clip) - m * momentum
