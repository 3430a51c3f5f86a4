"""Random layers of global average pooling."""

from typing import Any

import keras
import numpy as np

from benchmarks.kinds.convolution import before, example


def drawn(rng: np.random.Generator) -> tuple[list[Any], tuple[int, ...]]:
    """Return random layers and the shape of one example that they read."""
    rank = int(rng.choice([1, 2, 3]))
    kinds = (
        keras.layers.GlobalAveragePooling1D,
        keras.layers.GlobalAveragePooling2D,
        keras.layers.GlobalAveragePooling3D,
    )
    shape, layers = example(rng, rank), before(rng, rank)
    return [*layers, kinds[rank - 1](keepdims=bool(rng.random() < 0.5))], shape
