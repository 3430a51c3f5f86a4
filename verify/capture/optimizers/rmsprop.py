"""Keras's RMSprop."""

from typing import Any

import keras

from reference.optimizers.rmsprop import RMSprop

KERAS = (keras.optimizers.RMSprop,)
KEPT = {"v": "_velocities", "g": "_average_gradients", "m": "_momentums"}


def made(optimizer: RMSprop) -> Any:
    """Return Keras's RMSprop with these coefficients."""
    return keras.optimizers.RMSprop(
        learning_rate=optimizer.learning_rate,
        rho=optimizer.rho,
        momentum=optimizer.momentum,
        epsilon=optimizer.epsilon,
        centered=optimizer.centered,
    )
