"""Random layers of Keras's Cropping1D, 2D and 3D."""

from typing import Any

import keras
import numpy as np

from benchmarks.kinds.flatten import around, example
from benchmarks.kinds.zero_padding import margins


def drawn(rng: np.random.Generator) -> tuple[list[Any], tuple[int, ...]]:
    """Return random layers and the shape of one example that they read."""
    rank = int(rng.choice([1, 2, 2, 3]))
    kind = (keras.layers.Cropping1D, keras.layers.Cropping2D, keras.layers.Cropping3D)[rank - 1]
    shape = example(rng, rank, least=5)
    return around(rng, shape[-1], kind(margins(rng, rank, 2))), shape
