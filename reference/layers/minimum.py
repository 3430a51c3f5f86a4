"""Minimum: the smallest of several tensors, number by number."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from reference.layers.layer import Place
from reference.layers.merge import Merge, largest_back


def smallest(*tensors: Any) -> Any:
    """The smallest, number by number.  m tensors [N, …] -> [N, …].  Keras: Minimum"""
    return reduce(np.minimum, tensors)


@dataclass(frozen=True)
class Minimum(Merge):
    """J(k) = the smallest of A, B, …; of equal numbers the first gets the gradient.  Keras: Minimum"""

    kind = "minimum"

    @property
    def function(self) -> Callable[..., Any]:
        """The function `smallest`."""
        return smallest

    def back(self, k: int, place: Place) -> tuple[Callable[..., Any], tuple[str, ...]]:
        """Return the way back for the k-th tensor, and what it reads."""
        return largest_back(k, place, smallest=True)
