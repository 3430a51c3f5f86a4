"""Keras's Lion."""

from typing import Any

import keras

from reference.optimizers.lion import Lion

CAST = ("beta_1", "beta_2")
KERAS = (keras.optimizers.Lion,)
KEPT = {"m": "_momentums"}


def made(optimizer: Lion) -> Any:
    """Return Keras's Lion with these coefficients."""
    return keras.optimizers.Lion(
        learning_rate=optimizer.learning_rate,
        beta_1=optimizer.beta_1,
        beta_2=optimizer.beta_2,
    )
