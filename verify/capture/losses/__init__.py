"""The readers of Keras's losses: one module for each kind of `reference.losses`. `KERAS` is Keras's class of it."""

from functools import lru_cache
from typing import Any

from reference.losses import kinds
from reference.losses.loss import Loss
from reference.registry import modules_of


@lru_cache(maxsize=1)
def readers() -> dict[str, Any]:
    """Return Keras's class of every kind of loss, by the kind's name."""
    return {name: module.KERAS for name, module in modules_of(__name__).items()}


@lru_cache(maxsize=1)
def by_class() -> dict[Any, type[Loss]]:
    """Return the kind of loss of each of Keras's classes."""
    return {keras_class: kinds()[kind] for kind, keras_class in readers().items()}
