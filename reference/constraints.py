"""Constraints: what is done to a parameter after each step to keep it within limits. They are not in the essay."""

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np

from reference.notation import parse, text_of
from reference.operations import Function, rounded_as

EPSILON = 1e-7  # the default of keras.config.epsilon()


def not_negative(P: Any) -> Any:
    """max(p, 0).  P -> its shape.  Keras: NonNeg"""
    return np.maximum(P, 0)


def norms(P: Any, axes: tuple[int, ...]) -> Any:
    """√ Σ p² along some axes.  P -> its shape, with 1 for these axes.  Keras: MaxNorm"""
    return np.sqrt(np.sum(P * P, axis=axes, keepdims=True))


def of_unit_norm(P: Any, axes: tuple[int, ...], epsilon: float) -> Any:
    """p / (ε + ‖p‖).  P -> its shape.  Keras: UnitNorm"""
    return P / (rounded_as(epsilon, P) + norms(P, axes))


def of_norm_within(
    P: Any, least: float, most: float, axes: tuple[int, ...], epsilon: float, rate: float | None = None
) -> Any:
    """p d / (ε + ‖p‖), where d is ‖p‖ moved by `rate` of the way into the limits.  P -> its shape.  Keras: MinMaxNorm

    MaxNorm has the lower limit 0; without `rate` it is all of the way.  Srivastava et al. 2014, appendix A.2
    """
    size = norms(P, axes)
    wanted = np.minimum(np.maximum(size, rounded_as(least, P)), rounded_as(most, P))
    if rate is not None:
        wanted = rounded_as(rate, P) * wanted + rounded_as(1 - rate, P) * size
    return P * (wanted / (rounded_as(epsilon, P) + size))


@dataclass(frozen=True)
class Constraint:
    """Limit a parameter after each step; `form` is "nonnegative", "unit_norm" or "norm_within".

    `axes` count from the end. Raises ValueError for anything else.
    """

    kind: ClassVar[str] = "constraint"
    form: str = "nonnegative"
    axes: tuple[int, ...] = ()
    least: float = 0.0
    most: float = 1.0
    rate: float = 1.0
    epsilon: float = EPSILON

    def __post_init__(self) -> None:
        if self.form not in ("nonnegative", "unit_norm", "norm_within"):
            raise ValueError(f"a constraint is nonnegative, unit_norm or norm_within, not {self.form!r}")
        if (self.form == "nonnegative") == bool(self.axes) or any(type(x) is not int or x >= 0 for x in self.axes):
            raise ValueError(f"a constraint of norms needs axes that count from the end, not {self.axes!r}")
        for number in (self.least, self.most, self.rate, self.epsilon):
            if not isinstance(number, float) or not 0 <= number < np.inf:
                raise ValueError(f"a constraint needs finite numbers of 0 or more, not {number!r}")
        if self.form == "norm_within" and self.least > self.most:
            raise ValueError(f"the lower limit {self.least:g} of the norm is above the upper limit {self.most:g}")

    def __str__(self) -> str:
        return text_of(self.kind, self)

    @property
    def compute(self) -> Function:
        """The function of the parameter."""
        if self.form == "nonnegative":
            return not_negative
        where: dict[str, Any] = {"axes": self.axes, "epsilon": self.epsilon}
        if self.form == "unit_norm":
            return partial(of_unit_norm, **where)
        where |= {} if self.rate == 1 else {"rate": self.rate}
        return partial(of_norm_within, least=self.least, most=self.most, **where)


def constraint_named(text: str) -> Constraint:
    """Return the constraint that a text describes.  Raises ValueError for any other text."""
    found: object = parse(text, {Constraint.kind: Constraint})
    if not isinstance(found, Constraint):
        raise ValueError(f"{text!r} is not a constraint")
    return found
