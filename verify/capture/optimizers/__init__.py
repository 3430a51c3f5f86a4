"""The readers of Keras's optimizers: one module for each kind of `reference.optimizers`.

Each module defines three names. `KERAS` lists the Keras classes that it reads. `KEPT` maps the letter of a moment to
the attribute in which Keras stores it. `made(optimizer)` returns Keras's optimizer with these coefficients. `CAST`, if
there is one, lists the coefficients that Keras rounds to float32, also in a float64 network. `NUMBERS`, if there is
one, maps the name of a single number that Keras keeps for the whole network to its attribute.

Where parameters differ: `of_parameters(optimizer, parameters)` returns the fields that say how. `decay_of(optimizer,
variable)` returns the weight decay of one variable, `keeps(variable)` the letters of what is kept of it.
`listening(optimizer, parameters, found)` is a context in which further tensors of a step are stored in `found`.
`ACCUMULATES = False`: accumulated gradients are not verified. `verifies_rows(optimizer, variable)`: whether an
Embedding's rows are.
"""

from functools import lru_cache
from types import ModuleType
from typing import Any

from reference.registry import modules_of


def readers() -> dict[str, ModuleType]:
    """Return the module of every kind of optimizer, by the kind's name."""
    return modules_of(__name__)


@lru_cache(maxsize=1)
def by_class() -> dict[type, str]:
    """Return the kind of each of Keras's classes."""
    return {keras_class: kind for kind, module in readers().items() for keras_class in module.KERAS}


def is_decayed(optimizer: Any, variable: Any) -> bool:
    """Return whether `exclude_from_weight_decay` leaves weight decay to a variable.

    Keras asks this of TensorFlow's own variables, whose names differ from those of Keras's; Muon asks it of Keras's.
    """
    is_asked = variable if getattr(reader_of(optimizer), "ASKS_KERAS_VARIABLES", False) else variable.value
    return bool(optimizer._use_weight_decay(is_asked))


def reader_of(optimizer: Any) -> ModuleType | None:
    """Return the module that reads a Keras optimizer; None for a class that is not known."""
    kind = by_class().get(type(optimizer))
    return readers()[kind] if kind else None
