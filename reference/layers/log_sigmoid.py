"""The logarithm of the sigmoid: minus the softplus of -z."""

from dataclasses import dataclass
from typing import Any

from reference.layers.activation import Activation, Function
from reference.layers.sigmoid import sigmoid
from reference.layers.softplus import softplus


def log_sigmoid(Z: Any) -> Any:
    """ln(1 / (1 + e^-z)), computed as -softplus(-z), elementwise.  Z [N, n] -> [N, n].  Keras: log_sigmoid"""
    return -softplus(-Z)


def log_sigmoid_slope(Z: Any) -> Any:
    """Its derivative, the sigmoid of -z.  Z [N, n] -> [N, n].  Keras: log_sigmoid"""
    return sigmoid(-Z)


def log_sigmoid_backward(dA: Any, Z: Any) -> Any:
    """dA times the slope.  dA, Z [N, n] -> dZ [N, n].  (18), (18b)"""
    return dA * log_sigmoid_slope(Z)


@dataclass(frozen=True)
class LogSigmoid(Activation):
    """A = ln σ(Z) = -softplus(-Z).  Keras: log_sigmoid"""

    kind = "log_sigmoid"
    equation = "Keras: log_sigmoid"

    @property
    def function(self) -> Function:
        """The function `log_sigmoid`."""
        return log_sigmoid

    @property
    def slope(self) -> Function:
        """The derivative, a function of Z."""
        return log_sigmoid_slope

    @property
    def back(self) -> Function:
        """The way back, from dA and Z."""
        return log_sigmoid_backward
