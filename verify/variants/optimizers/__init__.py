"""What could be computed in place of each optimizer's rules: a module for each kind.

A module has `variants(rule, optimizer)`, which gives the variants of one rule of its kind, the simplest first.
"""

from __future__ import annotations

import pkgutil
from functools import lru_cache
from importlib import import_module
from types import ModuleType


@lru_cache(maxsize=1)
def modules() -> dict[str, ModuleType]:
    """Return the module of every kind of optimizer, by the kind's name."""
    return {info.name: import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)}
