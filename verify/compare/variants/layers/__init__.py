"""What could be computed in place of each kind of layer's equations: a module for each kind that has any.

A module has `variants(rule, network)`, which gives the variants of one rule of its kind, the simplest first.
"""

from __future__ import annotations

from types import ModuleType

from reference.registry import modules_of


def modules() -> dict[str, ModuleType]:
    """Return the module of every kind of layer that computes something, by the kind's name."""
    return modules_of(__name__)
