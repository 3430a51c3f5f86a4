"""Random layer normalizations, over one axis or several."""

from typing import Any

import keras
import numpy as np

from benchmarks.kinds.batch_normalization import learned
from benchmarks.kinds.normalization import dense, example, some_axes


def drawn(rng: np.random.Generator) -> tuple[list[Any], tuple[int, ...]]:
    """Return random layers and the shape of one example that they read."""
    shape = example(rng)
    axis: Any = some_axes(rng, len(shape)) if rng.random() < 0.5 else -1
    layer = keras.layers.LayerNormalization(axis=axis, **learned(rng))
    return [*dense(rng, shape[-1]), layer, *dense(rng, 4)], shape
