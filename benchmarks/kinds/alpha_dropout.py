"""Random layers around alpha dropouts, half of them with a noise_shape."""

from typing import Any

import keras
import numpy as np

from benchmarks.kinds.flatten import around, example


def drawn(rng: np.random.Generator) -> tuple[list[Any], tuple[int, ...]]:
    """Return random layers and the shape of one example that they read."""
    shape, rate = example(rng, int(rng.integers(4))), float(rng.choice([0.1, 0.3, 0.5, 0.9]))
    noise_shape = (None, *(None if rng.random() < 0.5 else 1 for _ in shape))
    options: dict[str, Any] = {"noise_shape": noise_shape} if rng.random() < 0.5 else {}
    return around(rng, shape[-1], keras.layers.AlphaDropout(rate, **options)), shape
