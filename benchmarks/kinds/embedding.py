"""Random layers of Keras's Embedding, and the numbers of rows that they read."""

from typing import Any

import keras
import numpy as np

from verify.records.trace import Array

ROWS = (1, 2, 5, 30, 400)


def drawn(rng: np.random.Generator) -> tuple[list[Any], tuple[int, ...]]:
    """Return random layers and the shape of one example that they read."""
    shape = tuple(int(n) for n in rng.integers(1, 8, size=int(rng.choice([1, 1, 1, 2]))))
    before = _before(rng, shape)
    rows, nodes, frozen = int(rng.choice(ROWS)), int(rng.integers(1, 9)), rng.random() < 0.1
    layers = [*before, keras.layers.Embedding(rows, nodes, trainable=not frozen)]
    if rng.random() < 0.2:
        layers.append(keras.layers.Activation(str(rng.choice(["tanh", "relu", "sigmoid"]))))
    if len(shape) == 1 and not before and rng.random() < 0.5:
        layers.append(rng.choice([keras.layers.GlobalAveragePooling1D, keras.layers.GlobalMaxPooling1D])())
    elif rng.random() < 0.3:
        layers.append(keras.layers.Dense(int(rng.integers(1, 5)), "tanh"))
    return layers, shape


def _before(rng: np.random.Generator, shape: tuple[int, ...]) -> list[Any]:
    """Return a layer that only moves numbers, in some models."""
    moving = [keras.layers.Flatten(), keras.layers.Reshape((-1, 1)), keras.layers.Permute(range(len(shape), 0, -1))]
    return [moving[rng.integers(len(moving))]] if rng.random() < 0.3 else []


def examples(rng: np.random.Generator, layers: list[Any], size: tuple[int, ...]) -> Array:
    """Return numbers of rows; in some models only of a few, so that rows are used several times."""
    rows = next(layer.input_dim for layer in layers if isinstance(layer, keras.layers.Embedding))
    return rng.integers(rows if rng.random() < 0.6 else min(rows, 3), size=size)


def optimizer(rng: np.random.Generator) -> Any:
    """Return an optimizer: each treats the single rows of a gradient in its own way."""
    K, sgd, adam = keras.optimizers, keras.optimizers.SGD, keras.optimizers.Adam
    kinds = (
        lambda: adam(0.01),
        lambda: adam(0.01, amsgrad=True),
        lambda: keras.optimizers.AdamW(0.01),
        lambda: sgd(0.1),
        lambda: sgd(0.1, weight_decay=0.01),
        lambda: sgd(0.1, 0.9),
        lambda: sgd(0.1, 0.9, True),
        lambda: adam(0.01, clipnorm=0.1),
        lambda: sgd(0.1, clipvalue=0.01),
        lambda: sgd(0.1, 0.9, global_clipnorm=0.1),
        lambda: K.RMSprop(0.01),
        lambda: K.RMSprop(0.01, momentum=0.9, weight_decay=0.01),
        lambda: K.RMSprop(0.01, rho=0.999, centered=True, clipvalue=0.01),
        lambda: K.Adagrad(0.1),
        lambda: K.Adagrad(0.1, clipnorm=0.1),
        lambda: K.Adadelta(1.0),
        lambda: K.Adamax(0.01),
        lambda: K.Nadam(0.01),
        lambda: K.Nadam(0.01, clipnorm=0.1),
        lambda: K.Lion(0.01, weight_decay=0.01),
        lambda: K.Ftrl(0.1),
        lambda: K.Ftrl(0.1, l2_shrinkage_regularization_strength=0.01, l1_regularization_strength=0.001),
        lambda: K.Lamb(0.01),
        lambda: K.Muon(0.01),
    )
    return kinds[rng.integers(len(kinds))]()
