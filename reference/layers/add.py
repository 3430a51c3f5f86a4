"""Add: the sum of several tensors, as a residual block joins its branches."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from reference.layers.layer import Place
from reference.layers.merge import Merge, handed_on
from reference.operations import added


def total(*tensors: Any) -> Any:
    """The sum, in any order.  m tensors [N, …] -> [N, …].  He et al. 2016, (1)"""
    return added(*tensors)


@dataclass(frozen=True)
class Add(Merge):
    """J(k) = A + B + …: a sum, taken in any order.  Keras: Add"""

    kind = "add"

    @property
    def function(self) -> Callable[..., Any]:
        """The function `total`."""
        return total

    def back(self, k: int, place: Place) -> tuple[Callable[..., Any], tuple[str, ...]]:
        """Return the way back for the k-th tensor, and what it reads."""
        return handed_on, (place.gradient_in,)
