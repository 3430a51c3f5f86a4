"""Keras's Nadam."""

from typing import Any

import keras

from reference.optimizers.nadam import Nadam

KERAS = (keras.optimizers.Nadam,)
KEPT = {"m": "_momentums", "v": "_velocities"}
ACCUMULATES = False
NUMBERS = {"product_mu": "_u_product"}


def made(optimizer: Nadam) -> Any:
    """Return Keras's Nadam with these coefficients."""
    return keras.optimizers.Nadam(
        learning_rate=optimizer.learning_rate,
        beta_1=optimizer.beta_1,
        beta_2=optimizer.beta_2,
        epsilon=optimizer.epsilon,
    )
