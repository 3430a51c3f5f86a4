"""Random transposed convolutions of one, two and three axes."""

from typing import Any

import keras
import numpy as np

from benchmarks.kinds.convolution import before, example, sliding


def drawn(rng: np.random.Generator) -> tuple[list[Any], tuple[int, ...]]:
    """Return random layers and the shape of one example that they read."""
    rank = int(rng.choice([1, 2, 2, 3]))
    kind = (keras.layers.Conv1DTranspose, keras.layers.Conv2DTranspose, keras.layers.Conv3DTranspose)[rank - 1]
    options = sliding(rng, rank)
    if rank == 3 or keras.config.floatx() == "float64":
        options["dilation_rate"] = 1  # TensorFlow has no kernel for others on a CPU
    if options["strides"] != 1 and rng.random() < 0.5:
        options["output_padding"] = _more(rng, options)
    return [*before(rng, rank), kind(int(rng.integers(1, 5)), **options)], example(rng, rank, least=2)


def _more(rng: np.random.Generator, options: dict[str, Any]) -> tuple[int, ...] | None:
    """Return a random output padding that TensorFlow accepts, or None if there is none."""
    sizes = zip(options["kernel_size"], options["strides"], strict=True)
    least = [1 - kernel % 2 if options["padding"] == "same" else 0 for kernel, _ in sizes]
    most = [
        stride - kernel % 2 if options["padding"] == "same" else stride - 1
        for kernel, stride in zip(options["kernel_size"], options["strides"], strict=True)
    ]
    most = [min(m, stride - 1) for m, stride in zip(most, options["strides"], strict=True)]
    if any(low > high for low, high in zip(least, most, strict=True)):
        return None
    return tuple(int(rng.integers(low, high + 1)) for low, high in zip(least, most, strict=True))
