"""Maximum: the largest of several tensors, number by number."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from reference.layers.layer import Place
from reference.layers.merge import Merge, largest_back


def largest(*tensors: Any) -> Any:
    """The largest, number by number.  m tensors [N, …] -> [N, …].  Keras: Maximum"""
    return reduce(np.maximum, tensors)


@dataclass(frozen=True)
class Maximum(Merge):
    """J(k) = the largest of A, B, …; of equal numbers the first gets the gradient.  Keras: Maximum"""

    kind = "maximum"

    @property
    def function(self) -> Callable[..., Any]:
        """The function `largest`."""
        return largest

    def back(self, k: int, place: Place) -> tuple[Callable[..., Any], tuple[str, ...]]:
        """Return the way back for the k-th tensor, and what it reads."""
        return largest_back(k, place, smallest=False)
