"""The kinds of optimizers. Each is one module of this package, found by itself: adding a kind adds a file.

Beside it stand a reader of Keras's optimizer (`verify/capture/optimizers/`), its variants
(`verify/variants/optimizers/`) and its witnesses (`tests/reference/optimizers/`), each in a module of the same name;
`tests/test_kinds.py` fails if one is missing.
"""

from __future__ import annotations

import pkgutil
from functools import lru_cache
from importlib import import_module

from reference.notation import parse
from reference.optimizers.optimizer import Optimizer
from reference.schedules import SCHEDULES


@lru_cache(maxsize=1)
def kinds() -> dict[str, type[Optimizer]]:
    """Return every kind of optimizer by its name."""
    modules = [import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)]
    found = [x for module in modules for x in vars(module).values() if isinstance(x, type) and issubclass(x, Optimizer)]
    return {x.name: x for x in dict.fromkeys(found) if x.name}


@lru_cache(maxsize=256)
def optimizer_named(text: str) -> Optimizer:
    """The optimizer that a text such as "sgd(momentum=0.9)" describes.  Raises ValueError."""
    found: object = parse(text, {**kinds(), **SCHEDULES})
    if not isinstance(found, Optimizer):
        raise ValueError(f"optimizer {text!r} is not one of {', '.join(kinds())}")
    return found
