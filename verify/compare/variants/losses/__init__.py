"""Variants of the losses: one module for each kind.

Each module has a function `variants(rule)`, which yields the variants of one rule, the simplest first.
"""

from __future__ import annotations

from types import ModuleType

from reference.registry import modules_of


def modules() -> dict[str, ModuleType]:
    """Return the module of every kind of loss, by the kind's name."""
    return modules_of(__name__)
