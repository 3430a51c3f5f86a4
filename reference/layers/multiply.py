"""Multiply: the product of several tensors, as a gate."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, reduce
from operator import mul
from typing import Any

from reference.layers.layer import Place
from reference.layers.merge import Merge
from reference.operations import product


def times(*tensors: Any) -> Any:
    """The product, number by number, from left to right.  m tensors [N, …] -> [N, …].  Keras: Multiply"""
    return reduce(mul, tensors)


def times_back(dJ: Any, *tensors: Any, k: int) -> Any:
    """dA = dJ times all the others: those behind it, then those before.  dJ, m tensors [N, …] -> [N, …].  (17)"""
    behind = tensors[k + 1 :]
    return product(dJ, *behind, *([times(*tensors[:k])] if k else []))


@dataclass(frozen=True)
class Multiply(Merge):
    """J(k) = A · B · …, number by number, from left to right.  Keras: Multiply"""

    kind = "multiply"

    @property
    def function(self) -> Callable[..., Any]:
        """The function `times`."""
        return times

    def back(self, k: int, place: Place) -> tuple[Callable[..., Any], tuple[str, ...]]:
        """Return the way back for the k-th tensor, and what it reads."""
        tensors = tuple(source.tensor for source in place.sources)
        return partial(times_back, k=k), (place.gradient_in, *tensors)
