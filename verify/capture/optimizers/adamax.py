"""Keras's Adamax."""

from typing import Any

import keras

from reference.optimizers.adamax import Adamax

KERAS = (keras.optimizers.Adamax,)
KEPT = {"m": "_m", "u": "_u"}


def made(optimizer: Adamax) -> Any:
    """Return Keras's Adamax with these coefficients."""
    return keras.optimizers.Adamax(
        learning_rate=optimizer.learning_rate,
        beta_1=optimizer.beta_1,
        beta_2=optimizer.beta_2,
        epsilon=optimizer.epsilon,
    )
