"""Keras's Adadelta."""

from typing import Any

import keras

from reference.optimizers.adadelta import Adadelta

KERAS = (keras.optimizers.Adadelta,)
KEPT = {"v": "_accumulated_grads", "u": "_accumulated_delta_vars"}


def made(optimizer: Adadelta) -> Any:
    """Return Keras's Adadelta with these coefficients."""
    return keras.optimizers.Adadelta(
        learning_rate=optimizer.learning_rate,
        rho=optimizer.rho,
        epsilon=optimizer.epsilon,
    )
