"""Keras's Lamb."""

from typing import Any

import keras

from reference.optimizers.lamb import Lamb

KERAS = (keras.optimizers.Lamb,)
KEPT = {"m": "_momentums", "v": "_velocities"}


def made(optimizer: Lamb) -> Any:
    """Return Keras's Lamb with these coefficients."""
    return keras.optimizers.Lamb(
        learning_rate=optimizer.learning_rate,
        beta_1=optimizer.beta_1,
        beta_2=optimizer.beta_2,
        epsilon=optimizer.epsilon,
    )
