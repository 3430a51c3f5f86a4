"""Random layers around Gaussian noise."""

from typing import Any

import keras
import numpy as np

ACTIVATIONS = ("linear", "relu", "tanh", "sigmoid")
SHAPES = ((7,), (5, 3), (4, 5, 3), (2, 3, 3, 2))


def drawn(rng: np.random.Generator) -> tuple[list[Any], tuple[int, ...]]:
    """Return random layers and the shape of one example that they read."""
    shape = SHAPES[int(rng.integers(len(SHAPES)))]
    layers: list[Any] = []
    for _ in range(int(rng.integers(1, 4))):
        if rng.random() < 0.7:
            layers.append(keras.layers.Dense(int(rng.integers(2, 6)), str(rng.choice(ACTIVATIONS))))
        layers.append(keras.layers.GaussianNoise(float(rng.choice([1e-3, 0.1, 0.5, 1.0]))))
    return layers, shape
