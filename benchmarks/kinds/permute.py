"""Random layers of Keras's Permute."""

from typing import Any

import keras
import numpy as np

from benchmarks.kinds.flatten import around, example


def drawn(rng: np.random.Generator) -> tuple[list[Any], tuple[int, ...]]:
    """Return random layers and the shape of one example that they read."""
    shape = example(rng, int(rng.choice([0, 1, 1, 2, 2, 3])))
    dims = tuple(int(axis) + 1 for axis in rng.permutation(len(shape)))
    return around(rng, shape[-1], keras.layers.Permute(dims)), shape
