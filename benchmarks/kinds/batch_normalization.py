"""Random batch normalizations, frozen ones too."""

from typing import Any

import keras
import numpy as np

from benchmarks.kinds.normalization import dense, example


def learned(rng: np.random.Generator) -> dict[str, Any]:
    """Return random γ and β, in place of ones and zeros, or none of them."""
    return {
        "center": bool(rng.random() < 0.8),
        "scale": bool(rng.random() < 0.8),
        "epsilon": float(rng.choice([1e-3, 1e-5, 1e-2])),
        "gamma_initializer": keras.initializers.RandomUniform(0.5, 1.5, seed=int(rng.integers(1000))),
        "beta_initializer": keras.initializers.RandomUniform(-1, 1, seed=int(rng.integers(1000))),
    }


def drawn(rng: np.random.Generator) -> tuple[list[Any], tuple[int, ...]]:
    """Return random layers and the shape of one example that they read."""
    shape = example(rng)
    layer = keras.layers.BatchNormalization(
        axis=int(rng.integers(1, len(shape) + 1)) if rng.random() < 0.3 else -1,
        momentum=float(rng.choice([0.99, 0.9, 0.5])),
        trainable=bool(rng.random() < 0.8),
        moving_mean_initializer=keras.initializers.RandomUniform(-1, 1, seed=int(rng.integers(1000))),
        **learned(rng),
    )
    return [*dense(rng, shape[-1]), layer, *dense(rng, 4)], shape
