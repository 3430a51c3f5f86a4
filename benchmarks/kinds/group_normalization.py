"""Random group normalizations, of single channels too."""

from typing import Any

import keras
import numpy as np

from benchmarks.kinds.batch_normalization import learned
from benchmarks.kinds.normalization import dense, example


def drawn(rng: np.random.Generator) -> tuple[list[Any], tuple[int, ...]]:
    """Return random layers and the shape of one example that they read."""
    shape = example(rng)
    groups = [1, 2, shape[-1] // 2, -1] if len(shape) > 1 else [1, 2]
    layer = keras.layers.GroupNormalization(groups=int(rng.choice(groups)), **learned(rng))
    return [*dense(rng, shape[-1]), layer, *dense(rng, 4)], shape
