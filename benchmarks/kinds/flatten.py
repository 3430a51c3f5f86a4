"""Random layers of Keras's Flatten, and what stands around layers that only move numbers."""

from typing import Any

import keras
import numpy as np

ACTIVATIONS = (None, "relu", "tanh", "sigmoid", "elu", "gelu", "softplus", "leaky_relu")


def example(rng: np.random.Generator, axes: int, least: int = 2) -> tuple[int, ...]:
    """Return the shape of a random example with so many axes before the channels."""
    most = {0: 9, 1: 8, 2: 6}.get(axes, 4)
    return (*(int(n) for n in rng.integers(least, least + most, size=axes)), int(rng.integers(1, 6)))


def activation(rng: np.random.Generator) -> Any:
    """Return a random activation, or None."""
    return ACTIVATIONS[rng.integers(len(ACTIVATIONS))]


def around(rng: np.random.Generator, channels: int, *layers: Any) -> list[Any]:
    """Return these layers, in most models behind a Dense or another layer, and with one behind them."""
    first = {0: [], 1: [keras.layers.Rescaling(0.3, 0.1)]}
    last = {0: [], 1: [keras.layers.Activation(str(rng.choice(["tanh", "relu", "sigmoid"])))]}
    before = first.get(int(rng.integers(5)), [keras.layers.Dense(channels, activation(rng))])
    behind = last.get(int(rng.integers(3)), [keras.layers.Dense(int(rng.integers(1, 5)), activation(rng))])
    return [*before, *layers, *behind]


def drawn(rng: np.random.Generator) -> tuple[list[Any], tuple[int, ...]]:
    """Return random layers and the shape of one example that they read."""
    shape = example(rng, int(rng.integers(4)))
    data_format = "channels_first" if rng.random() < 0.3 else None
    return around(rng, shape[-1], keras.layers.Flatten(data_format)), shape
