"""Random layers around dropouts that draw one number for all positions of a channel."""

from typing import Any

import keras
import numpy as np

from benchmarks.kinds.flatten import around, example

SPATIAL = (
    keras.layers.Dropout,
    keras.layers.SpatialDropout1D,
    keras.layers.SpatialDropout2D,
    keras.layers.SpatialDropout3D,
)  # for examples with none to three axes before the channels


def drawn(rng: np.random.Generator) -> tuple[list[Any], tuple[int, ...]]:
    """Return random layers and the shape of one example that they read."""
    shape = example(rng, int(rng.integers(4)))
    return around(rng, shape[-1], SPATIAL[len(shape) - 1](float(rng.choice([0.1, 0.5, 0.9])))), shape
