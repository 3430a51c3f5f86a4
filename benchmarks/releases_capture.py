"""Compute public reports with the TensorFlow and Keras of this environment, and print their numbers as JSON.

`benchmarks/releases.py` runs this file in an environment that has nothing of this project.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np


def stepped(optimizer: Any, gradients: Sequence[float], w: float = 1.0) -> float:
    """Return what an optimizer makes of one number w, given these gradients one after the other."""
    variable = keras.Variable(np.float32(w))
    for g in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(np.float32(g))], [variable])
    return float(keras.ops.convert_to_numpy(variable))


def average() -> float:
    """Return Keras's average of w = 10 over four updates by two gradients each (every gradient is 1)."""
    optimizer = keras.optimizers.SGD(0.01, use_ema=True, ema_momentum=0.5, gradient_accumulation_steps=2)
    variable = keras.Variable(np.float32(10.0))
    for _ in range(8):
        optimizer.apply([keras.ops.convert_to_tensor(np.float32(1.0))], [variable])
    optimizer.finalize_variable_values([variable])
    return float(keras.ops.convert_to_numpy(variable))


def reported() -> float:
    """Return the cost that the third `train_on_batch` reports: weight 0, labels 1, 2, 3, squared error, no learning."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(0.0), "mean_squared_error")
    x = np.ones((1, 1), np.float32)
    return [float(np.ravel(model.train_on_batch(x, x * label))[0]) for label in (1, 2, 3)][-1]


def tried(compute: Callable[[], float]) -> float | str:
    """Return a number, or why this Keras cannot compute it."""
    try:
        return compute()
    except Exception as error:
        return f"{type(error).__name__}: {error}".splitlines()[0][:120]


def main() -> None:
    """Print the numbers by name."""
    K, three, six = keras.optimizers, (1, 2, 6), (1, 2, 6, -1, -1, 5)
    found = {
        "sgd": lambda: stepped(K.SGD(0.1, gradient_accumulation_steps=3), three),
        "decay": lambda: stepped(K.SGD(0.1, weight_decay=0.1, gradient_accumulation_steps=3), three),
        "clip": lambda: stepped(K.SGD(0.1, clipvalue=1.5, gradient_accumulation_steps=3), three),
        "adam": lambda: stepped(K.Adam(0.1, gradient_accumulation_steps=3), three),
        "adam twice": lambda: stepped(K.Adam(0.1, gradient_accumulation_steps=3), six),
        "average": average,
        "reported": reported,
    }
    print(json.dumps({name: tried(compute) for name, compute in found.items()}))


if __name__ == "__main__":
    main()
