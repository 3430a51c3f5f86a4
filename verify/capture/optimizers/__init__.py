"""The readers of Keras's optimizers: a module for each kind of `reference.optimizers`.

A module has `KERAS`, the classes that it reads, `KEPT`, the attribute under which a class keeps what a letter stands
for, and `made(optimizer)`, Keras's optimizer with these coefficients.
"""

from __future__ import annotations

import pkgutil
from functools import lru_cache
from importlib import import_module
from types import ModuleType


@lru_cache(maxsize=1)
def readers() -> dict[str, ModuleType]:
    """Return the module of every kind of optimizer, by the kind's name."""
    return {info.name: import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)}


@lru_cache(maxsize=1)
def by_class() -> dict[type, str]:
    """Return the kind of each of Keras's classes."""
    return {keras_class: kind for kind, module in readers().items() for keras_class in module.KERAS}
