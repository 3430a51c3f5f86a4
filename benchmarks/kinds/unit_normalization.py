"""Random unit normalizations."""

from typing import Any

import keras
import numpy as np

from benchmarks.kinds.normalization import dense, example, some_axes


def drawn(rng: np.random.Generator) -> tuple[list[Any], tuple[int, ...]]:
    """Return random layers and the shape of one example that they read."""
    shape = example(rng)
    axis: Any = some_axes(rng, len(shape)) if rng.random() < 0.5 else -1
    before = [layer for layer in dense(rng, shape[-1]) if layer.activation is not keras.activations.relu]
    return [*before, keras.layers.UnitNormalization(axis=axis), *dense(rng, 4)], shape
