"""Random depthwise and separable convolutions of one and two axes."""

from typing import Any

import keras
import numpy as np

from benchmarks.kinds.convolution import before, example, sliding


def drawn(rng: np.random.Generator) -> tuple[list[Any], tuple[int, ...]]:
    """Return random layers and the shape of one example that they read."""
    rank, separable = int(rng.integers(1, 3)), bool(rng.random() < 0.5)
    options = sliding(rng, rank, both=True) | {"depth_multiplier": int(rng.integers(1, 4))}
    if rank == 2 and options["strides"] != 1 and options["dilation_rate"] in (1, (1, 1)):
        options["strides"] = options["strides"][0]  # TensorFlow has no kernel for unequal strides
    if separable:
        kind = (keras.layers.SeparableConv1D, keras.layers.SeparableConv2D)[rank - 1]
        layer = kind(int(rng.integers(1, 5)), **options)
    else:
        layer = (keras.layers.DepthwiseConv1D, keras.layers.DepthwiseConv2D)[rank - 1](**options)
    return [*before(rng, rank), layer], example(rng, rank)
