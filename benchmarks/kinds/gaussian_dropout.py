"""Random layers around GaussianDropout."""

from typing import Any

import keras
import numpy as np

from benchmarks.kinds.flatten import around, example


def drawn(rng: np.random.Generator) -> tuple[list[Any], tuple[int, ...]]:
    """Return random layers and the shape of one example that they read."""
    shape = example(rng, int(rng.integers(4)))
    return around(rng, shape[-1], keras.layers.GaussianDropout(float(rng.choice([0.01, 0.2, 0.5, 0.9])))), shape
