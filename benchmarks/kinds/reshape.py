"""Random layers of Keras's Reshape."""

from math import prod
from typing import Any

import keras
import numpy as np

from benchmarks.kinds.flatten import around, example


def drawn(rng: np.random.Generator) -> tuple[list[Any], tuple[int, ...]]:
    """Return random layers and the shape of one example that they read."""
    shape = example(rng, int(rng.integers(4)))
    left, target = prod(shape), []
    for _ in range(int(rng.integers(4))):
        target.append(int(rng.choice([n for n in range(1, left + 1) if left % n == 0])))
        left //= target[-1]
    target.append(left)
    if rng.random() < 0.3:
        target[rng.integers(len(target))] = -1
    return around(rng, shape[-1], keras.layers.Reshape(tuple(target))), shape
