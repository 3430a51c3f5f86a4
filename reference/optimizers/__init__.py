"""The kinds of optimizers. Each kind is one module of this package; to add a kind, add a module.

Each kind also has a reader of Keras's optimizer (`verify/capture/optimizers/`), its variants
(`verify/compare/variants/optimizers/`) and its witnesses (`tests/reference/optimizers/`), each in a module of the same
name; `tests/test_kinds.py` fails if one is missing.
"""

from functools import lru_cache

from reference.notation import parse
from reference.optimizers.optimizer import Optimizer
from reference.registry import classes_of
from reference.schedules import SCHEDULES, OwnRate


@lru_cache(maxsize=1)
def kinds() -> dict[str, type[Optimizer]]:
    """Return every kind of optimizer by its name."""
    return {x.name: x for x in classes_of(__name__, Optimizer) if x.name}


@lru_cache(maxsize=256)
def optimizer_named(text: str) -> Optimizer:
    """Return the optimizer that a text describes: "sgd(momentum=0.9)".  Raises ValueError for any other text."""
    optimizer: object = parse(text, {**kinds(), **SCHEDULES, OwnRate.name: OwnRate})
    if not isinstance(optimizer, Optimizer):
        raise ValueError(f"optimizer {text!r} is not one of {', '.join(kinds())}")
    return optimizer
