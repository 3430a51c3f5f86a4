"""Keras's ScheduleFreeAdamW."""

from typing import Any

import keras

from reference.optimizers.schedule_free_adamw import ScheduleFreeAdamW

CAST = ("epsilon",)
KERAS = (keras.optimizers.ScheduleFreeAdamW,)
KEPT = {"z": "_momentums", "v": "_velocities"}


def made(optimizer: ScheduleFreeAdamW) -> Any:
    """Return Keras's ScheduleFreeAdamW with these coefficients."""
    return keras.optimizers.ScheduleFreeAdamW(
        learning_rate=optimizer.learning_rate,
        beta_1=optimizer.beta_1,
        beta_2=optimizer.beta_2,
        epsilon=optimizer.epsilon,
        warmup_steps=int(optimizer.warmup_steps),
    )
