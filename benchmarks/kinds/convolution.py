"""Random convolutions: Conv1D, Conv2D and Conv3D."""

from typing import Any

import keras
import numpy as np

ACTIVATIONS = (None, "relu", "relu", "relu6", "elu", "leaky_relu", "tanh", "sigmoid", "softplus", "gelu", "swish")


def sliding(rng: np.random.Generator, rank: int, both: bool = False) -> dict[str, Any]:
    """Return random options that all layers with a sliding kernel have; `both`: strides and dilation at once."""
    steps = tuple(int(n) for n in rng.integers(1, 4, size=rank))
    choice = int(rng.integers(4 if both else 3))
    return {
        "kernel_size": tuple(int(n) for n in rng.integers(1, 4, size=rank)),
        "strides": steps if choice in (1, 3) else 1,
        "dilation_rate": tuple(int(n) for n in rng.integers(1, 3, size=rank)) if choice in (2, 3) else 1,
        "padding": str(rng.choice(["valid", "same"])),
        "activation": ACTIVATIONS[rng.integers(len(ACTIVATIONS))],
        "use_bias": bool(rng.random() < 0.75),
    }


def example(rng: np.random.Generator, rank: int, least: int = 5) -> tuple[int, ...]:
    """Return the shape of a random example, large enough for any of these kernels."""
    return (*(int(n) for n in rng.integers(least, least + 6, size=rank)), int(rng.integers(1, 5)))


def before(rng: np.random.Generator, rank: int) -> list[Any]:
    """Return layers that stand before: none, an activation, or a convolution with kernels of 1."""
    one = (keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.Conv3D)[rank - 1]
    first = [one(int(rng.integers(1, 7)), 1, activation=ACTIVATIONS[rng.integers(len(ACTIVATIONS))])]
    return first if rng.random() < 0.6 else [keras.layers.Dense(3, "relu")] if rng.random() < 0.5 else []


def drawn(rng: np.random.Generator) -> tuple[list[Any], tuple[int, ...]]:
    """Return random layers and the shape of one example that they read."""
    rank = int(rng.choice([1, 2, 2, 2, 3]))
    kind = (keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.Conv3D)[rank - 1]
    options = sliding(rng, rank)
    if rank == 1 and rng.random() < 0.3:
        options["padding"] = "causal"
    if rank == 3:
        options["dilation_rate"] = 1  # TensorFlow has no kernel for others on a CPU
    shape, layers = example(rng, rank), before(rng, rank)
    channels = shape[-1] if not layers else layers[-1].units if hasattr(layers[-1], "units") else layers[-1].filters
    groups = int(rng.choice([g for g in (1, 2, 3) if channels % g == 0])) if rank < 3 and rng.random() < 0.5 else 1
    return [*layers, kind(groups * int(rng.integers(1, 5)), groups=groups, **options)], shape
