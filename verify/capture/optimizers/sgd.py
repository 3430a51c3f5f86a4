"""Keras's SGD."""

from typing import Any

import keras

from reference.optimizers.sgd import SGD

KERAS = (keras.optimizers.SGD,)
CAST = ("momentum",)
KEPT = {"m": "momentums"}


def made(optimizer: SGD) -> Any:
    """Return Keras's SGD with this learning rate."""
    return keras.optimizers.SGD(learning_rate=optimizer.learning_rate)
