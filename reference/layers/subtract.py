"""Subtract: the difference of two tensors."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from reference.layers.layer import Place, Shape
from reference.layers.merge import Merge, handed_on, negated


def difference(A: Any, B: Any) -> Any:
    """The difference A - B.  [N, …], [N, …] -> [N, …].  Keras: Subtract"""
    return A - B


@dataclass(frozen=True)
class Subtract(Merge):
    """J(k) = A - B.  Keras: Subtract"""

    kind = "subtract"

    def shape(self, *inputs: Shape) -> Shape:
        """Return the one shape of both inputs.  Raises ValueError unless there are two."""
        if len(inputs) != 2:
            raise ValueError(f"subtract joins two tensors, not {len(inputs)}")
        return super().shape(*inputs)

    @property
    def function(self) -> Callable[..., Any]:
        """The function `difference`."""
        return difference

    def back(self, k: int, place: Place) -> tuple[Callable[..., Any], tuple[str, ...]]:
        """Return the way back for the k-th tensor, and what it reads."""
        return negated if k else handed_on, (place.gradient_in,)
