"""Random layers of Keras's UpSampling1D, 2D and 3D, without interpolation."""

from typing import Any

import keras
import numpy as np

from benchmarks.kinds.flatten import around, example


def drawn(rng: np.random.Generator) -> tuple[list[Any], tuple[int, ...]]:
    """Return random layers and the shape of one example that they read."""
    rank = int(rng.choice([1, 2, 2, 3]))
    kind = (keras.layers.UpSampling1D, keras.layers.UpSampling2D, keras.layers.UpSampling3D)[rank - 1]
    shape = example(rng, rank)
    size = tuple(int(n) for n in rng.integers(1, 5 if rank < 3 else 4, size=rank))
    return around(rng, shape[-1], kind(size[0] if rank == 1 or rng.random() < 0.3 else size)), shape
