"""ReLU, the activation of the essay's hidden layers, and with the options that Keras gives it."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from reference.layers.activation import Activation, Function
from reference.operations import choose


def relu(Z: Any) -> Any:
    """Rectified linear unit, elementwise.  Z [N, n] -> [N, n].  (7a)"""
    return np.maximum(Z, 0)


def relu_slope(Z: Any) -> Any:
    """Its derivative as a mask; 0 at Z = 0, as Appendix D and TensorFlow have it.  Z [N, n] -> [N, n].  (18b)"""
    return Z > 0


def bent(Z: Any, max_value: Any, negative_slope: float, threshold: float, edge: float) -> Any:
    """z above the threshold, at most `max_value`; below it, `negative_slope` times z - threshold.  Keras: ReLU

    `edge` is the threshold at which z begins: Keras rounds it to float32, and the other one not.  Z [N, n] -> [N, n]
    """
    above = choose(edge < Z, Z, 0.0) if threshold else np.maximum(Z, 0)
    A = above if max_value is None else np.minimum(above, max_value)
    return A - negative_slope * np.maximum(threshold - Z, 0) if negative_slope else A


def bent_backward(
    dA: Any, Z: Any, max_value: Any, negative_slope: float, threshold: float, edge: float, at_most: bool = True
) -> Any:
    """dA above the threshold, 0 above `max_value`, `negative_slope` times dA below.  dA, Z [N, n] -> dZ.  Keras: ReLU

    At the threshold it is 0. At `max_value` it is dA if `at_most`, else 0: TensorFlow's kernel of ReLU6 gives 0.
    """
    inside: Any = dA
    if max_value is not None:
        inside = choose(max_value >= Z if at_most else max_value > Z, dA, 0.0)
    above = choose(edge < Z, inside, 0.0)
    return above + choose(threshold > Z, dA * negative_slope, 0.0) if negative_slope else above


@dataclass(frozen=True)
class ReLU(Activation):
    """A = max(Z, 0), or with the `max_value`, `negative_slope` and `threshold` of Keras's ReLU.  (7a), (18b)"""

    kind = "relu"
    max_value: float | None = None
    negative_slope: float = 0.0
    threshold: float = 0.0

    def __post_init__(self) -> None:
        given = {"negative_slope": self.negative_slope, "threshold": self.threshold}
        given |= {} if self.max_value is None else {"max_value": self.max_value}
        for name, number in given.items():
            if type(number) is not float or not 0 <= number < float("inf"):
                raise ValueError(f"{name} of relu must be a number of 0 or more, not {number!r}")

    @property
    def plain(self) -> bool:
        """True for the essay's ReLU, without options."""
        return self.max_value is None and not self.negative_slope and not self.threshold

    @property
    def equation(self) -> str:  # type: ignore[override]
        """The essay's (7a), or Keras's code."""
        return "7a" if self.plain else "Keras: ReLU"

    @property
    def scales(self) -> bool:  # type: ignore[override]
        """True if f multiplies by a negative slope."""
        return bool(self.negative_slope)

    @property
    def options(self) -> dict[str, Any]:
        """The options of `bent`. Keras rounds the threshold above which z passes to float32."""
        edge = float(np.float32(self.threshold))
        return {
            "max_value": self.max_value,
            "negative_slope": self.negative_slope,
            "threshold": self.threshold,
            "edge": edge,
        }

    @property
    def function(self) -> Function:
        """The function `relu`, or `bent` with these options."""
        return relu if self.plain else partial(bent, **self.options)

    @property
    def slope(self) -> Function:
        """The derivative, a function of Z."""
        return relu_slope if self.plain else partial(self.back, 1.0)

    @property
    def back(self) -> Function:
        """The way back, from dA and Z."""
        if self.plain:
            return super().back
        return partial(bent_backward, **self.options, at_most=self.max_value != 6 or self.threshold > 0)
