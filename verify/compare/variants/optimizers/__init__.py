"""What could be computed in place of each optimizer's rules: a module for each kind.

A module has `variants(rule, optimizer)`, which gives the variants of one rule of its kind, the simplest first.
"""

from __future__ import annotations

from types import ModuleType

from reference.registry import modules_of


def modules() -> dict[str, ModuleType]:
    """Return the module of every kind of optimizer, by the kind's name."""
    return modules_of(__name__)
