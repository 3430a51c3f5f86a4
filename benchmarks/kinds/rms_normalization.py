"""Random RMS normalizations."""

from typing import Any

import keras
import numpy as np

from benchmarks.kinds.normalization import dense, example


def drawn(rng: np.random.Generator) -> tuple[list[Any], tuple[int, ...]]:
    """Return random layers and the shape of one example that they read."""
    shape = example(rng)
    axis: Any = list(range(-int(rng.integers(1, len(shape) + 1)), 0)) if rng.random() < 0.5 else -1
    layer = keras.layers.RMSNormalization(axis=axis, epsilon=float(rng.choice([1e-6, 1e-3])))
    return [*dense(rng, shape[-1]), layer, *dense(rng, 4)], shape
