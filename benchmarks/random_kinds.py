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
CCE = "categorical_crossentropy"


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
    end, loss = module.end(rng, OUTPUTS) if hasattr(module, "end") else ([keras.layers.Dense(OUTPUTS, "softmax")], CCE)
    model = joined(keras, shape, layers, end)
    optimizer = module.optimizer(rng) if hasattr(module, "optimizer") else keras.optimizers.Adam(0.01)
    model.compile(optimizer, loss, jit_compile=jit)
    batch = int(rng.choice([1, 2, 5, 16]))
    batches = []
    for _ in range(steps):
        y = np.eye(OUTPUTS)[rng.integers(OUTPUTS, size=batch)].astype(dtype)
        size = (batch, *shape)
        x = module.examples(rng, layers, size) if hasattr(module, "examples") else rng.normal(size=size)
        batches.append((x.astype(dtype), y))
    names = " ".join(map(said, [*layers, *end] if hasattr(module, "end") else layers))
    return model, batches, f"{dtype} {'XLA' if jit else 'graph'} batch {batch} of {shape}: {names}"


def joined(keras: Any, shape: tuple[int, ...], layers: list[Any], end: list[Any]) -> Any:
    """Return a model of these layers, flattened before the end; a Sequential unless it calls functions on tensors."""
    if all(isinstance(layer, keras.Layer) for layer in (*layers, *end)):
        model = keras.Sequential([keras.Input(shape), *layers])
        flat = [] if len(model.output_shape) == 2 else [keras.layers.Flatten()]
        for layer in (*flat, *end):
            model.add(layer)
        return model
    first = tensor = keras.Input(shape)
    for layer in layers:
        tensor = layer(tensor)
    if len(tensor.shape) > 2:
        tensor = keras.layers.Flatten()(tensor)
    for layer in end:
        tensor = layer(tensor)
    return keras.Model(first, tensor)


def said(layer: Any) -> str:
    """Return what a layer or a function is, in one word, with its activation and its options if they were drawn."""
    return getattr(layer, "drawn_as", type(layer).__name__)
