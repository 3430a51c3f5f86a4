"""Keras's Adafactor."""

from collections.abc import Mapping
from typing import Any

import keras

from reference import tensor_names as names
from reference.optimizers.adafactor import Adafactor
from verify.errors import Unsupported

CAST = ("epsilon_2",)
KERAS = (keras.optimizers.Adafactor,)
KEPT = {"r": "_r", "c": "_c", "v": "_v"}


def made(optimizer: Adafactor) -> Any:
    """Return Keras's Adafactor with these coefficients."""
    return keras.optimizers.Adafactor(
        learning_rate=optimizer.learning_rate,
        beta_2_decay=optimizer.beta_2_decay,
        epsilon_1=optimizer.epsilon_1,
        epsilon_2=optimizer.epsilon_2,
        clip_threshold=optimizer.clip_threshold,
        relative_step=optimizer.relative_step,
    )


def of_parameters(optimizer: Any, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return no field.  Raises Unsupported for what is not verified: a parameter of several axes that is no weight."""
    problems = []
    for P, variable in parameters.items():
        if variable.trainable and (len(variable.shape) > 1) != (names.read(P).quantity == "W"):
            why = "Adafactor of a parameter with several axes that is no weight is not verified"
            problems.append((f"variable {variable.path}", why))
    if problems:
        raise Unsupported(problems)
    return {}


def verifies_rows(optimizer: Any, variable: Any) -> bool:
    """Return False: of an Embedding's rows it is not verified."""
    return False


def keeps(variable: Any) -> tuple[str, ...]:
    """Return the letters of what is kept of a variable. Keras also has r and c of a vector, which it does not use."""
    return ("r", "c", "v") if len(variable.shape) > 1 else ("v",)
