"""The readers of Keras's optimizers: one module for each kind of `reference.optimizers`.

Each module defines three names. `KERAS` lists the Keras classes that it reads. `KEPT` maps the letter of a moment to
the attribute in which Keras stores it. `made(optimizer)` returns Keras's optimizer with these coefficients. `CAST`, if
there is one, lists the coefficients that Keras rounds to float32, also in a float64 network. `NUMBERS`, if there is
one, maps the name of a single number that Keras keeps for the whole network to its attribute.
"""

from functools import lru_cache
from types import ModuleType

from reference.registry import modules_of


def readers() -> dict[str, ModuleType]:
    """Return the module of every kind of optimizer, by the kind's name."""
    return modules_of(__name__)


@lru_cache(maxsize=1)
def by_class() -> dict[type, str]:
    """Return the kind of each of Keras's classes."""
    return {keras_class: kind for kind, module in readers().items() for keras_class in module.KERAS}
