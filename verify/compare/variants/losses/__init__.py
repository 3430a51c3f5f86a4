"""What could be computed in place of each loss: a module for each kind, with `variants(rule)`, the simplest first."""

from __future__ import annotations

from types import ModuleType

from reference.registry import modules_of


def modules() -> dict[str, ModuleType]:
    """Return the module of every kind of loss, by the kind's name."""
    return modules_of(__name__)
