"""The readers of Keras's losses: a module for each kind of `reference.losses`, with `KERAS`, Keras's class of it."""

from __future__ import annotations

import pkgutil
from functools import lru_cache
from importlib import import_module
from typing import Any

from reference.losses import kinds
from reference.losses.loss import Loss


@lru_cache(maxsize=1)
def readers() -> dict[str, Any]:
    """Return Keras's class of every kind of loss, by the kind's name."""
    return {info.name: import_module(f"{__name__}.{info.name}").KERAS for info in pkgutil.iter_modules(__path__)}


@lru_cache(maxsize=1)
def by_class() -> dict[Any, type[Loss]]:
    """Return the kind of loss of each of Keras's classes."""
    return {keras_class: kinds()[kind] for kind, keras_class in readers().items()}
