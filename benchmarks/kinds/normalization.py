"""Random layers of Keras's Normalization, given or adapted."""

from typing import Any

import keras
import numpy as np

ACTIVATIONS = (None, "relu", "tanh", "sigmoid", "gelu", "elu")


def example(rng: np.random.Generator) -> tuple[int, ...]:
    """Return the shape of a random example: a row, rows, or an image."""
    front = [(), (int(rng.integers(2, 6)),), (int(rng.integers(2, 5)), int(rng.integers(2, 5)))]
    return (*front[rng.integers(3)], int(rng.choice([4, 6, 12])))


def dense(rng: np.random.Generator, channels: int) -> list[Any]:
    """Return a Dense that stands before in two of three models."""
    chosen = ACTIVATIONS[rng.integers(len(ACTIVATIONS))]
    return [keras.layers.Dense(channels, chosen)] if rng.random() < 0.67 else []


def some_axes(rng: np.random.Generator, rank: int) -> list[int]:
    """Return some of the axes of an example, in Keras's numbers."""
    count = int(rng.integers(1, rank + 1))
    return sorted(int(axis) for axis in rng.choice(np.arange(1, rank + 1), size=count, replace=False))


def drawn(rng: np.random.Generator) -> tuple[list[Any], tuple[int, ...]]:
    """Return random layers and the shape of one example that they read."""
    shape = example(rng)
    axes, invert = some_axes(rng, len(shape)), bool(rng.random() < 0.3)
    if rng.random() < 0.5:
        sizes = [shape[axis - 1] for axis in axes]
        given = {"mean": rng.normal(size=sizes).tolist(), "variance": (0.1 + rng.random(size=sizes)).tolist()}
        layer = keras.layers.Normalization(axis=axes, invert=invert, **given)
    else:
        layer = keras.layers.Normalization(axis=axes, invert=invert)
        layer.adapt(rng.normal(1, 2, size=(20, *shape)))
    return [*dense(rng, shape[-1]), layer, *dense(rng, 4)], shape
