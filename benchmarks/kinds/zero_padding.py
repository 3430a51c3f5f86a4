"""Random layers of Keras's ZeroPadding1D, 2D and 3D."""

from typing import Any

import keras
import numpy as np

from benchmarks.kinds.flatten import around, example


def margins(rng: np.random.Generator, rank: int, most: int) -> Any:
    """Return a random margin as Keras takes it: one number, one for each axis, or two for each axis."""
    pairs = tuple((int(a), int(b)) for a, b in rng.integers(0, most + 1, size=(rank, 2)))
    choice = int(rng.integers(3))
    if rank == 1:
        return pairs[0] if choice else pairs[0][0]
    return (pairs[0][0], tuple(before for before, _ in pairs), pairs)[choice]


def drawn(rng: np.random.Generator) -> tuple[list[Any], tuple[int, ...]]:
    """Return random layers and the shape of one example that they read."""
    rank = int(rng.choice([1, 2, 2, 3]))
    kind = (keras.layers.ZeroPadding1D, keras.layers.ZeroPadding2D, keras.layers.ZeroPadding3D)[rank - 1]
    shape = example(rng, rank)
    return around(rng, shape[-1], kind(margins(rng, rank, 3))), shape
