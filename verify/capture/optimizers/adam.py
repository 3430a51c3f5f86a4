"""Keras's Adam and AdamW."""

from typing import Any

import keras

from reference.optimizers.adam import Adam

KERAS = (keras.optimizers.Adam, keras.optimizers.AdamW)
KEPT = {"m": "_momentums", "v": "_velocities", "vmax": "_velocity_hats"}


def made(optimizer: Adam) -> Any:
    """Return Keras's Adam with these coefficients. The defaults of `Adam()` equal Keras's defaults."""
    return keras.optimizers.Adam(
        learning_rate=optimizer.learning_rate,
        beta_1=optimizer.beta_1,
        beta_2=optimizer.beta_2,
        epsilon=optimizer.epsilon,
    )
