"""Average: the mean of several tensors."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from reference.layers.layer import Place
from reference.layers.merge import Merge, shared
from reference.operations import added


def mean(*tensors: Any) -> Any:
    """The sum, in any order, over the number of tensors.  m tensors [N, …] -> [N, …].  Keras: Average"""
    return added(*tensors) * (1 / len(tensors))


@dataclass(frozen=True)
class Average(Merge):
    """J(k) = (A + B + …) / m.  Keras: Average"""

    kind = "average"
    averages = True

    @property
    def function(self) -> Callable[..., Any]:
        """The function `mean`."""
        return mean

    def back(self, k: int, place: Place) -> tuple[Callable[..., Any], tuple[str, ...]]:
        """Return the way back for the k-th tensor, and what it reads."""
        return partial(shared, count=len(place.sources)), (place.gradient_in,)
