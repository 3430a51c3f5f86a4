"""Random models around one kind of layer: each module of `benchmarks.kinds` draws layers of its kind.

A module may also draw the examples (`examples`) and the `optimizer`; otherwise these are normal numbers, and Adam.
"""

from functools import partial
from importlib import import_module
from typing import Any

import numpy as np

from benchmarks.random_models import set_up
from verify.records.trace import Array

OUTPUTS = 3


def of_kind(kind: str) -> Any:
    """Return a function that draws models of this kind, as `benchmarks.random_models.drawn` does."""
    return partial(drawn, kind=kind)


def drawn(seed: int, steps: int = 2, *, kind: str) -> tuple[Any, list[tuple[Array, Array]], str]:
    """Return a compiled model, a batch for each step, and a description.

    The numbers 4k to 4k + 3 are one setting in both precisions, with and without XLA.
    """
    _, dtype, jit, keras = set_up(11, seed, dtype=("float32", "float64")[seed % 2], jit=bool(seed // 2 % 2))
    rng = np.random.default_rng([13, seed // 4])
    module = import_module(f"benchmarks.kinds.{kind}")
    layers, shape = module.drawn(rng)
    model = keras.Sequential([keras.Input(shape), *layers])
    if len(model.output_shape) > 2:
        model.add(keras.layers.Flatten())
    model.add(keras.layers.Dense(OUTPUTS, "softmax"))
    optimizer = module.optimizer(rng) if hasattr(module, "optimizer") else keras.optimizers.Adam(0.01)
    model.compile(optimizer, "categorical_crossentropy", jit_compile=jit)
    batch = int(rng.choice([1, 2, 5, 16]))
    batches = []
    for _ in range(steps):
        y = np.eye(OUTPUTS)[rng.integers(OUTPUTS, size=batch)].astype(dtype)
        size = (batch, *shape)
        x = module.examples(rng, layers, size) if hasattr(module, "examples") else rng.normal(size=size)
        batches.append((x.astype(dtype), y))
    names = " ".join(f"{type(layer).__name__}" for layer in layers)
    return model, batches, f"{dtype} {'XLA' if jit else 'graph'} batch {batch} of {shape}: {names}"
