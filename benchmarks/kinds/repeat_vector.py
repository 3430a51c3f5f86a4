"""Random layers of Keras's RepeatVector."""

from typing import Any

import keras
import numpy as np

from benchmarks.kinds.flatten import around


def drawn(rng: np.random.Generator) -> tuple[list[Any], tuple[int, ...]]:
    """Return random layers and the shape of one example that they read."""
    numbers = int(rng.integers(1, 12))
    return around(rng, numbers, keras.layers.RepeatVector(int(rng.integers(1, 9)))), (numbers,)
