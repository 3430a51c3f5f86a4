"""Keras's Ftrl."""

from typing import Any

import keras

from reference.optimizers.ftrl import Ftrl

CAST = ("initial_accumulator_value",)
KERAS = (keras.optimizers.Ftrl,)
KEPT = {"z": "_linears", "n": "_accumulators"}


def made(optimizer: Ftrl) -> Any:
    """Return Keras's Ftrl with these coefficients."""
    return keras.optimizers.Ftrl(
        learning_rate=optimizer.learning_rate,
        learning_rate_power=optimizer.learning_rate_power,
        initial_accumulator_value=optimizer.initial_accumulator_value,
        l1_regularization_strength=optimizer.l1_regularization_strength,
        l2_regularization_strength=optimizer.l2_regularization_strength,
        l2_shrinkage_regularization_strength=optimizer.l2_shrinkage_regularization_strength,
        beta=optimizer.beta,
    )
