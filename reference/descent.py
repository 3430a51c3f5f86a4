"""Section 2.2.2: gradient descent. Momentum and weight decay are not in the essay."""

from typing import Any

from reference.operations import product


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
    """What is subtracted with Nesterov's look ahead, η g - μ m.  m, g -> their shape.  Sutskever et al. 2013"""
    return g * learning_rate - m * momentum


def decayed(P: Any, learning_rate: Any, weight_decay: float) -> Any:
    """P - P λ η, before anything else is done to it.  P -> its shape.  Loshchilov & Hutter 2019"""
    return P - product(P, weight_decay, learning_rate)
