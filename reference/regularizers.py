"""Regularizers: what the cost adds for the size of a parameter, and what that adds to the parameter's gradient.

The cost of a network is C = C1 + Σ penalty(P): the cost of the data, and a penalty for each parameter that has one.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np

from reference.activity import Activity
from reference.notation import parse, text_of
from reference.operations import Function, product, rounded_as, sign
from reference.orthogonal import Orthogonal

KIND = "regularizer"


def absolute_sum(P: Any, factor: float) -> Any:
    """λ Σ |p|.  P -> scalar.  Tibshirani 1996"""
    return rounded_as(factor, P) * np.sum(np.maximum(P, -P))


def absolute_slope(P: Any, factor: float) -> Any:
    """λ sign(p), 0 for p = 0.  P -> its shape.  Tibshirani 1996"""
    return rounded_as(factor, P) * sign(P)


def squared_sum(P: Any, factor: float) -> Any:
    """λ Σ p², without the 1/2 of other texts.  P -> scalar.  Goodfellow et al. 2016, section 7.1"""
    return rounded_as(factor, P) * np.sum(P * P)


def squared_slope(P: Any, factor: float) -> Any:
    """2 λ p.  P -> its shape.  Goodfellow et al. 2016, section 7.1"""
    return product(rounded_as(factor, P), 2, P)


def both_sums(P: Any, l1: float, l2: float) -> Any:
    """λ1 Σ |p| + λ2 Σ p².  P -> scalar.  Zou & Hastie 2005; Keras: L1L2"""
    return absolute_sum(P, l1) + squared_sum(P, l2)


def both_slopes(P: Any, l1: float, l2: float) -> Any:
    """λ1 sign(p) + 2 λ2 p.  P -> its shape.  Zou & Hastie 2005; Keras: L1L2"""
    return absolute_slope(P, l1) + squared_slope(P, l2)


@dataclass(frozen=True)
class Regularizer:
    """λ1 Σ |p| + λ2 Σ p², with λ1 `l1` and λ2 `l2`.  Zou & Hastie 2005; Keras: L1, L2, L1L2

    Raises ValueError for a factor that is negative or not finite.
    """

    kind: ClassVar[str] = KIND
    source: ClassVar[str] = "Keras: L1L2"
    elementwise: ClassVar[bool] = True
    l1: float = 0.0
    l2: float = 0.0

    def __post_init__(self) -> None:
        for factor in (self.l1, self.l2):
            if not isinstance(factor, float) or not 0 <= factor < np.inf:
                raise ValueError(f"a factor of a regularizer must be a finite number of 0 or more, not {factor!r}")

    def __str__(self) -> str:
        return text_of(self.kind, self)

    @property
    def cost(self) -> Function:
        """The penalty, a function of the parameter."""
        return self._of(absolute_sum, squared_sum, both_sums)

    @property
    def slope(self) -> Function:
        """The slope of the penalty, a function of the parameter."""
        return self._of(absolute_slope, squared_slope, both_slopes)

    def _of(self, absolute: Function, squared: Function, both: Function) -> Function:
        if self.l1 and self.l2:
            return partial(both, l1=self.l1, l2=self.l2)
        return partial(absolute, factor=self.l1) if self.l1 else partial(squared, factor=self.l2)


Penalty = Regularizer | Orthogonal | Activity


def regularizer_named(text: str) -> Penalty:
    """Return the regularizer that a text describes: "regularizer(l2=0.01)".  Raises ValueError for any other text."""
    found: object = parse(text, {KIND: Regularizer, Orthogonal.kind: Orthogonal, Activity.kind: Activity})
    if not isinstance(found, Penalty):
        raise ValueError(f"{text!r} is not a regularizer")
    return found
