"""Section 2.2.2: gradient descent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class SGD:
    """Plain gradient descent with a constant learning rate η (default as in Keras)."""

    learning_rate: float = 0.01


def step(dP: Any, learning_rate: float) -> Any:
    """What a constant learning rate subtracts, η∇C.  dP and result shaped like the parameter.  (15), (16)"""
    return learning_rate * dP


def descend(P: Any, update: Any) -> Any:
    """The new weights or biases: what was there, less η∇C.  P, update of one shape.  (15), (16)"""
    return P - update
