"""Random layers of average pooling."""

from typing import Any

import keras
import numpy as np

from benchmarks.kinds.convolution import before, example


def drawn(rng: np.random.Generator) -> tuple[list[Any], tuple[int, ...]]:
    """Return random layers and the shape of one example that they read."""
    rank = int(rng.choice([1, 2, 2]))
    kind = (keras.layers.AveragePooling1D, keras.layers.AveragePooling2D)[rank - 1]
    size, steps = ([int(n) for n in rng.integers(1, 4, size=rank)] for _ in range(2))
    strides = None if rng.random() < 0.4 else tuple(steps) if rank > 1 else steps[0]
    shape, layers = example(rng, rank), before(rng, rank)
    return [*layers, kind(tuple(size) if rank > 1 else size[0], strides, str(rng.choice(["valid", "same"])))], shape
