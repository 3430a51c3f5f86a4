"""Keras's Adagrad."""

from typing import Any

import keras

from reference.optimizers.adagrad import Adagrad

CAST = ("initial_accumulator_value",)
KERAS = (keras.optimizers.Adagrad,)
KEPT = {"v": "_accumulators"}


def made(optimizer: Adagrad) -> Any:
    """Return Keras's Adagrad with these coefficients."""
    return keras.optimizers.Adagrad(
        learning_rate=optimizer.learning_rate,
        initial_accumulator_value=optimizer.initial_accumulator_value,
        epsilon=optimizer.epsilon,
    )
