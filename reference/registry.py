"""Find the modules of a package of kinds: adding a module adds a kind."""

import pkgutil
from functools import lru_cache
from importlib import import_module
from types import ModuleType
from typing import TypeVar

Kind = TypeVar("Kind")


@lru_cache(maxsize=64)
def modules_of(package: str) -> dict[str, ModuleType]:
    """Return every module of a package by its name."""
    names = [info.name for info in pkgutil.iter_modules(import_module(package).__path__)]
    return {name: import_module(f"{package}.{name}") for name in names}


def classes_of(package: str, base: type[Kind]) -> list[type[Kind]]:
    """Return `base` and its subclasses in the modules of a package, each once."""
    members = [x for module in modules_of(package).values() for x in vars(module).values()]
    return list(dict.fromkeys(x for x in members if isinstance(x, type) and issubclass(x, base)))
